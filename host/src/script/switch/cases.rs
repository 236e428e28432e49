//! Which tokens of a script are cases of a `switch`.

use std::collections::HashMap;

use rhai::{Position, Token};

use super::whole;

/// Reads the tokens of a script in their order.
pub struct CaseTokens {
    /// Where each `switch` stands, in the order of the text.
    pub switches: Vec<Position>,
    /// The numbers among cases that have another canonical form, and that.
    pub numbers: HashMap<Position, Token>,
    /// What is open around the current token, from the script itself on.
    open: Vec<Bracket>,
    /// Whether the last token ends an operand.
    after_operand: bool,
}

/// A pair of brackets that is open.
#[derive(Default)]
struct Bracket {
    /// Where in an arm the token stands, for the braces of a `switch`.
    arm: Option<Arm>,
    /// Whether the brackets stand in a case, as those of a list there.
    in_case: bool,
    /// Words before a condition, whose block has not begun yet: whether each is a `switch`.
    heads: Vec<bool>,
    /// Whether the token stands between the bars of a closure's parameters.
    in_parameters: bool,
}

/// Parts of `case if guard => action,`.
#[derive(Clone, Copy, PartialEq)]
enum Arm {
    Case,
    Guard,
    /// The next token begins the action.
    Arrow,
    /// An action that a comma ends.
    Expression,
    /// One that may end with its block.
    Statement,
    /// A block of it has ended.
    StatementBlock,
}

impl Default for CaseTokens {
    fn default() -> Self {
        Self {
            switches: Vec::new(),
            numbers: HashMap::new(),
            open: vec![Bracket::default()],
            after_operand: false,
        }
    }
}

impl CaseTokens {
    pub fn note(&mut self, token: &Token, position: Position) {
        if let Some(arm) = self.top().arm {
            self.top().arm = Some(arm.before(token));
        }
        match token {
            Token::LeftBrace => self.brace(),
            Token::LeftParen | Token::LeftBracket | Token::QuestionBracket | Token::MapStart => {
                let in_case = self.in_case();
                self.open.push(Bracket { in_case, ..Bracket::default() });
            }
            Token::RightBrace | Token::RightParen | Token::RightBracket => self.close(),
            Token::FloatConstant(_) | Token::IntegerConstant(_) if self.in_case() => {
                if let Some(number) = number(token) {
                    self.numbers.insert(position, number);
                }
            }
            Token::Switch => {
                self.switches.push(position);
                self.top().heads.push(true);
            }
            Token::If if self.top().arm == Some(Arm::Case) => self.top().arm = Some(Arm::Guard),
            Token::If | Token::While | Token::For => self.top().heads.push(false),
            Token::SemiColon => self.top().heads.clear(),
            Token::Pipe => self.bar(),
            _ => self.between_arms(token),
        }
        self.after_operand = ends_operand(token);
    }

    /// `,` and `=>` of a `switch`.
    fn between_arms(&mut self, token: &Token) {
        let top = self.top();
        let next = match token {
            Token::Comma if !top.in_parameters => Arm::Case,
            Token::DoubleArrow => Arm::Arrow,
            _ => return,
        };
        top.arm = top.arm.map(|_| next);
    }

    /// Behind an operand a brace begins what the last of the open heads is the head of.
    fn brace(&mut self) {
        let is_head = self.after_operand;
        let is_switch = is_head && self.top().heads.pop() == Some(true);
        self.open.push(Bracket { arm: is_switch.then_some(Arm::Case), ..Bracket::default() });
    }

    fn close(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
        let top = self.top();
        if top.arm == Some(Arm::Statement) && top.heads.is_empty() {
            top.arm = Some(Arm::StatementBlock);
        }
    }

    /// Where an operand is expected, `|` begins the parameters of a closure.
    fn bar(&mut self) {
        let begins = !self.after_operand;
        let top = self.top();
        top.in_parameters = !top.in_parameters && begins;
    }

    fn in_case(&mut self) -> bool {
        let top = self.top();
        top.in_case || top.arm == Some(Arm::Case)
    }

    fn top(&mut self) -> &mut Bracket {
        if self.open.is_empty() {
            self.open.push(Bracket::default());
        }
        let last = self.open.len() - 1;
        &mut self.open[last]
    }
}

impl Arm {
    /// Where the next token stands, which may begin an action, or the next case.
    fn before(self, token: &Token) -> Self {
        match (self, token) {
            (
                Self::Arrow,
                Token::LeftBrace
                | Token::If
                | Token::Switch
                | Token::While
                | Token::Loop
                | Token::For
                | Token::Try,
            ) => Self::Statement,
            (Self::Arrow, _) => Self::Expression,
            (Self::StatementBlock, Token::Else | Token::Catch) => Self::Statement,
            (Self::StatementBlock, _) => Self::Case,
            (arm, _) => arm,
        }
    }
}

/// A number in canonical form, where that is another one. A sign stands before it.
fn number(token: &Token) -> Option<Token> {
    match token {
        Token::FloatConstant(x) => whole(*x.0).map(Token::IntegerConstant),
        Token::IntegerConstant(i64::MIN) => {
            let x = i64::MIN as f64;
            Some(Token::FloatConstant(Box::new((x.into(), x.to_string().into()))))
        }
        _ => None,
    }
}

/// Whether an operator, or the block of an `if`, can stand behind it.
fn ends_operand(token: &Token) -> bool {
    match token {
        Token::Identifier(_)
        | Token::IntegerConstant(_)
        | Token::FloatConstant(_)
        | Token::CharConstant(_)
        | Token::StringConstant(_)
        | Token::True
        | Token::False
        | Token::Unit
        | Token::Underscore
        | Token::RightParen
        | Token::RightBracket
        | Token::RightBrace => true,
        // `this`
        Token::Reserved(word) => word.starts_with(|c: char| c.is_alphabetic()),
        _ => false,
    }
}
