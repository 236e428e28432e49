//! Damage to bytes, whatever they mean.

use crate::random::Random;

/// The longest file that is made.
const LONGEST: usize = 1 << 16;

/// One to eight injuries to a file, parts of `others` among them.
pub fn damage(random: &mut Random, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    for _ in 0..=random.below(8) {
        injure(random, bytes, others);
    }
    bytes.truncate(LONGEST);
}

fn injure(random: &mut Random, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = random.below(bytes.len() + 1);
    let length = random.below(16.min(bytes.len() - at) + 1);
    match random.below(9) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = [0, 1, 0x7f, 0x80, 0xff, random.word() as u8][random.below(6)];
            }
        }
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..at + length)),
        4 => {
            let part = bytes[at..at + length].repeat(1 + random.below(64));
            bytes.splice(at..at, part);
        }
        5 => {
            let noise: Vec<u8> = (0..length).map(|_| random.word() as u8).collect();
            bytes.splice(at..at + length, noise);
        }
        // A number of protobuf or of a header in place of another.
        6 => {
            let number = random.number();
            bytes.splice(at..at + length.min(2), varint(number as u64));
        }
        7 => {
            let number = random.number().to_le_bytes();
            let end = bytes.len().min(at + 8);
            bytes.splice(at..end, number);
        }
        _ => {
            if let Some(other) = random.choose(others) {
                let from = random.below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
