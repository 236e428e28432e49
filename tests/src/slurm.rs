//! A Slurm of one node, on this machine, for one test.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{Bench, Host, skipped};

/// Nothing that a test waits for takes this long.
const LONGEST: Duration = Duration::from_secs(110);

/// The daemons of a cluster, in a folder of their own and on the loopback device; they end with it.
///
/// The partition `low` is the default one, `high` pre-empts it and requeues what ran, and `closed` starts
/// nothing until it is opened.
pub struct Cluster {
    folder: TempDir,
    munged: Child,
    controller: Option<Child>,
    node: Option<Child>,
}

impl Cluster {
    /// Starts one whose arrays have up to `longest` tasks. Where Slurm is not installed, or the user may not
    /// start it, that is said, and there is none.
    pub fn start(longest: usize) -> Option<Self> {
        // SAFETY: it takes nothing and gives a number.
        if unsafe { libc::geteuid() } != 0 {
            skipped("only root starts a Slurm whose tasks run as their users");
            return None;
        }
        if ["munged", "slurmctld", "slurmd", "sbatch"].into_iter().any(|name| program(name).is_none()) {
            skipped("there is no Slurm: slurm-wlm and munge are not installed");
            return None;
        }
        let folder = TempDir::new().expect("a folder for temporary files");
        for part in ["state", "spool"] {
            fs::create_dir(folder.path().join(part)).expect("a folder");
        }
        let name = fs::read_to_string("/proc/sys/kernel/hostname").expect("the machine's name");
        let name = name.trim().split('.').next().unwrap_or_default();
        fs::write(folder.path().join("slurm.conf"), config(folder.path(), name, longest)).expect("a file");
        let key = folder.path().join("munge.key");
        fs::write(&key, [7; 64]).expect("a file");
        fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o400)).expect("permissions");
        let munged = munged(folder.path());
        let mut cluster = Self { folder, munged, controller: None, node: None };
        cluster.until("a socket of munge", |c| c.folder.path().join("munge.socket").exists());
        cluster.controller = Some(cluster.daemon("slurmctld", &["-D", "-c"]));
        cluster.start_node();
        Some(cluster)
    }

    /// `host ARGS` in the folder of `bench`, with this cluster.
    pub fn host<I: IntoIterator<Item: AsRef<OsStr>>>(&self, bench: &Bench, args: I) -> Host {
        bench.host(args).env("SLURM_CONF", self.config())
    }

    /// What a command of Slurm prints.
    pub fn ask(&self, name: &str, args: &[&str]) -> String {
        let output = Command::new(name).args(args).env("SLURM_CONF", self.config()).output();
        let output = output.unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{name} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// The tasks in the queue: `12_3 PENDING Resources`.
    pub fn tasks(&self) -> Vec<String> {
        let shown = self.ask("squeue", &["--noheader", "--array", "--format=%F_%K %T %r"]);
        shown.lines().map(str::to_owned).collect()
    }

    /// Waits until something holds.
    #[track_caller]
    pub fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while !holds(self) {
            assert!(since.elapsed() < LONGEST, "{what}: waited for too long\n{}", self.said());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until the queue is empty. A task that Slurm queued again would wait two minutes first.
    #[track_caller]
    pub fn until_empty(&self) {
        self.until("an empty queue", |cluster| {
            let tasks = cluster.tasks();
            let held_off = tasks.iter().filter_map(|task| task.strip_suffix(" PENDING BeginTime"));
            for task in held_off {
                cluster.ask("scontrol", &["update", &format!("JobId={task}"), "StartTime=now"]);
            }
            tasks.is_empty()
        });
    }

    /// Starts the node, and waits until it takes tasks.
    pub fn start_node(&mut self) {
        self.node = Some(self.daemon("slurmd", &["-D"]));
        self.until("a node", |cluster| {
            let mut command = Command::new("sinfo");
            command.args(["--noheader", "--format=%T"]).env("SLURM_CONF", cluster.config());
            // It fails until the controller answers.
            let output = command.stderr(Stdio::null()).output().expect("sinfo");
            String::from_utf8_lossy(&output.stdout).lines().next() == Some("idle")
        });
    }

    /// Ends the node as a loss of power does: its daemon, and all that runs on it.
    pub fn kill_node(&mut self) {
        end(self.node.take());
        self.kill_tasks();
    }

    /// Its configuration, which `SLURM_CONF` names.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    fn daemon(&self, name: &str, args: &[&str]) -> Child {
        let mut command = Command::new(program(name).expect("it is installed"));
        command.args(args).arg("-f").arg(self.config()).env("SLURM_CONF", self.config());
        spawn(command)
    }

    /// Kills what the node started: processes that know the cluster, but for the controller and its helper.
    fn kill_tasks(&self) {
        // One that is killed may have started another just before.
        while self.kill_those_seen() {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether there were any.
    fn kill_those_seen(&self) -> bool {
        let mut any = false;
        let mark = format!("SLURM_CONF={}", self.config().display()).into_bytes();
        let controller = self.controller.as_ref().map_or(0, Child::id);
        for entry in fs::read_dir("/proc").expect("processes").flatten() {
            let id = entry.file_name().to_string_lossy().parse::<u32>().ok();
            let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
            let is_marked = read("environ").split(|byte| *byte == 0).any(|variable| variable == mark);
            // After the name in brackets: the state, the parent.
            let status = String::from_utf8_lossy(&read("stat")).into_owned();
            let parent = status.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
            let Some(id) = id.filter(|id| is_marked && *id != controller) else { continue };
            if controller == 0 || parent != Some(controller) {
                // SAFETY: it takes numbers; the process has this cluster's file in its environment.
                unsafe { libc::kill(id as libc::pid_t, libc::SIGKILL) };
                any = true;
            }
        }
        any
    }

    /// The ends of what the daemons said.
    fn said(&self) -> String {
        let end = |name: &str| {
            let text = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            format!("{name}:\n{}\n", lines[lines.len().saturating_sub(15)..].join("\n"))
        };
        ["controller.log", "node.log"].map(end).concat()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        end(self.node.take());
        end(self.controller.take());
        self.kill_tasks();
        let _ = self.munged.kill();
        let _ = self.munged.wait();
    }
}

fn end(child: Option<Child>) {
    if let Some(mut child) = child {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A daemon, which ends with the thread that starts it, however that ends.
fn spawn(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: it takes numbers, and is allowed between fork and exec.
    let follow = || match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    };
    // SAFETY: it only calls what may be called between fork and exec.
    unsafe { command.pre_exec(follow) };
    command.spawn().expect("a daemon starts")
}

fn munged(folder: &Path) -> Child {
    let mut command = Command::new(program("munged").expect("it is installed"));
    // Its socket may lie in a folder that only root enters.
    command.args(["--foreground", "--force"]);
    for (option, file) in [
        ("key-file", "munge.key"),
        ("socket", "munge.socket"),
        ("pid-file", "munge.pid"),
        ("log-file", "munge.log"),
        ("seed-file", "munge.seed"),
    ] {
        command.arg(format!("--{option}={}", folder.join(file).display()));
    }
    spawn(command)
}

/// A program on the PATH or where daemons are.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn config(folder: &Path, name: &str, longest: usize) -> String {
    let folder = folder.display();
    format!(
        "ClusterName=tested
SlurmctldHost={name}(127.0.0.1)
SlurmctldPort={}
SlurmdPort={}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/node.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/node.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdTimeout=5
KillWait=30
ReturnToService=2
MaxArraySize={longest}
NodeName={name} NodeAddr=127.0.0.1 CPUs=2
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 State=UP
PartitionName=high Nodes=ALL PriorityTier=10 State=UP
PartitionName=closed Nodes=ALL PriorityTier=1 State=DOWN
",
        free_port(),
        free_port(),
    )
}
