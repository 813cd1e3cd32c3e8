//! The system calls that count: those that touch a file or the network.

use std::collections::HashMap;

use nix::{errno::Errno, libc};

/// What a system call touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file or folder, or its name.
    File,
    /// stdout or stderr.
    Output,
    /// A connection.
    Socket,
}

/// One system call that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Its number in this run, over all threads, from 1.
    pub number: usize,
    /// Its name.
    pub name: &'static str,
    /// What it touches.
    pub kind: Kind,
    /// Whether it puts bytes into a file that this run made, or makes room there.
    pub fills_new_file: bool,
    /// The errors that it can sensibly fail with.
    pub errors: &'static [Errno],
}

/// What a file descriptor stands for; one that is missing is a pipe, an event or the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Descriptor {
    File { new: bool },
    Output,
    Socket,
}

/// The file descriptors of a process, as its system calls tell them.
#[derive(Debug)]
pub struct Descriptors(HashMap<u64, Descriptor>);

/// A system call as the registers hold it.
#[derive(Debug, Clone, Copy)]
pub struct Raw {
    /// Its number.
    pub number: i64,
    /// Its first three arguments.
    pub arguments: [u64; 3],
}

const OPEN: &[Errno] = &[Errno::EACCES];
const MAKE: &[Errno] = &[Errno::ENOSPC, Errno::EACCES];
const WRITE: &[Errno] = &[Errno::ENOSPC, Errno::EIO];
const READ: &[Errno] = &[Errno::EIO];
const SHOW: &[Errno] = &[Errno::ENOSPC];
const NAME: &[Errno] = &[Errno::EACCES];
const NETWORK: &[Errno] = &[Errno::ECONNRESET];
const NO_NETWORK: &[Errno] = &[Errno::EACCES];

impl Default for Descriptors {
    fn default() -> Self {
        Self(HashMap::from([
            (0, Descriptor::File { new: false }),
            (1, Descriptor::Output),
            (2, Descriptor::Output),
        ]))
    }
}

/// A C integer out of a register: its low half, with its sign.
fn int(register: u64) -> i32 {
    let low = u32::try_from(register & 0xffff_ffff).unwrap_or_default();
    i32::from_ne_bytes(low.to_ne_bytes())
}

impl Descriptors {
    fn get(&self, descriptor: u64) -> Option<Descriptor> {
        self.0.get(&(descriptor & 0xffff_ffff)).copied()
    }

    /// What a call is that is about to be carried out; nothing where it does not count.
    #[must_use]
    pub fn describe(&self, raw: &Raw) -> Option<Call> {
        let first = raw.arguments[0];
        let file = |name, errors| Some((name, Kind::File, errors));
        let flags = match raw.number {
            libc::SYS_open => raw.arguments[1],
            libc::SYS_openat => raw.arguments[2],
            _ => 0,
        };
        let opens = if int(flags) & libc::O_CREAT == 0 {
            OPEN
        } else {
            MAKE
        };
        let on = |name, on_file: &'static [Errno], on_socket: Option<&'static [Errno]>| match self
            .get(
            first,
        )? {
            Descriptor::File { .. } => Some((name, Kind::File, on_file)),
            Descriptor::Output => Some((name, Kind::Output, SHOW)),
            Descriptor::Socket => Some((name, Kind::Socket, on_socket?)),
        };
        let socket = |name| {
            let known = self.get(first) == Some(Descriptor::Socket);
            known.then_some((name, Kind::Socket, NETWORK))
        };
        let (name, kind, errors) = match raw.number {
            libc::SYS_open => file("open", opens),
            libc::SYS_openat => file("openat", opens),
            libc::SYS_openat2 => file("openat2", OPEN),
            libc::SYS_creat => file("creat", MAKE),
            libc::SYS_read => on("read", READ, Some(NETWORK)),
            libc::SYS_readv => on("readv", READ, Some(NETWORK)),
            libc::SYS_pread64 => on("pread64", READ, None),
            libc::SYS_getdents64 => on("getdents64", READ, None),
            libc::SYS_write => on("write", WRITE, Some(NETWORK)),
            libc::SYS_writev => on("writev", WRITE, Some(NETWORK)),
            libc::SYS_pwrite64 => on("pwrite64", WRITE, None),
            libc::SYS_pwritev => on("pwritev", WRITE, None),
            libc::SYS_pwritev2 => on("pwritev2", WRITE, None),
            libc::SYS_copy_file_range => file("copy_file_range", WRITE),
            libc::SYS_sendfile => file("sendfile", WRITE),
            libc::SYS_fsync => on("fsync", WRITE, None),
            libc::SYS_fdatasync => on("fdatasync", WRITE, None),
            libc::SYS_syncfs => on("syncfs", WRITE, None),
            libc::SYS_ftruncate => on("ftruncate", WRITE, None),
            libc::SYS_fallocate => on("fallocate", WRITE, None),
            libc::SYS_truncate => file("truncate", WRITE),
            libc::SYS_rename => file("rename", MAKE),
            libc::SYS_renameat => file("renameat", MAKE),
            libc::SYS_renameat2 => file("renameat2", MAKE),
            libc::SYS_link => file("link", MAKE),
            libc::SYS_linkat => file("linkat", MAKE),
            libc::SYS_symlink => file("symlink", MAKE),
            libc::SYS_symlinkat => file("symlinkat", MAKE),
            libc::SYS_mkdir => file("mkdir", MAKE),
            libc::SYS_mkdirat => file("mkdirat", MAKE),
            libc::SYS_unlink => file("unlink", NAME),
            libc::SYS_unlinkat => file("unlinkat", NAME),
            libc::SYS_rmdir => file("rmdir", NAME),
            libc::SYS_chmod => file("chmod", NAME),
            libc::SYS_fchmod => file("fchmod", NAME),
            libc::SYS_fchmodat => file("fchmodat", NAME),
            libc::SYS_chown | libc::SYS_fchown | libc::SYS_fchownat => file("chown", NAME),
            libc::SYS_flock => file("flock", READ),
            libc::SYS_fcntl if locks(int(raw.arguments[1])) => file("fcntl", READ),
            libc::SYS_socket => Some(("socket", Kind::Socket, NO_NETWORK)),
            libc::SYS_bind => socket("bind"),
            libc::SYS_listen => socket("listen"),
            libc::SYS_accept4 => socket("accept4"),
            libc::SYS_connect => socket("connect"),
            libc::SYS_sendto => socket("sendto"),
            libc::SYS_sendmsg => socket("sendmsg"),
            libc::SYS_recvfrom => socket("recvfrom"),
            libc::SYS_recvmsg => socket("recvmsg"),
            libc::SYS_shutdown => socket("shutdown"),
            _ => None,
        }?;
        let puts = errors == WRITE && kind == Kind::File;
        Some(Call {
            number: 0,
            name,
            kind,
            fills_new_file: puts && self.get(first) == Some(Descriptor::File { new: true }),
            errors,
        })
    }

    /// Takes note of what a call did.
    pub fn done(&mut self, raw: &Raw, result: i64) {
        let Ok(result) = u64::try_from(result) else {
            return;
        };
        let [first, second, third] = raw.arguments;
        let opened = |flags: u64| Descriptor::File {
            new: int(flags) & libc::O_CREAT != 0,
        };
        let (descriptor, what) = match raw.number {
            libc::SYS_open => (result, Some(opened(second))),
            libc::SYS_openat => (result, Some(opened(third))),
            libc::SYS_openat2 => (result, Some(opened(0))),
            libc::SYS_creat => (result, Some(Descriptor::File { new: true })),
            libc::SYS_socket | libc::SYS_accept | libc::SYS_accept4 => {
                (result, Some(Descriptor::Socket))
            }
            libc::SYS_dup | libc::SYS_dup2 | libc::SYS_dup3 => (result, self.get(first)),
            libc::SYS_fcntl if duplicates(int(second)) => (result, self.get(first)),
            libc::SYS_close => (first & 0xffff_ffff, None),
            _ => return,
        };
        match what {
            Some(what) => self.0.insert(descriptor, what),
            None => self.0.remove(&descriptor),
        };
    }
}

fn locks(command: i32) -> bool {
    [
        libc::F_SETLK,
        libc::F_SETLKW,
        libc::F_OFD_SETLK,
        libc::F_OFD_SETLKW,
    ]
    .contains(&command)
}

fn duplicates(command: i32) -> bool {
    command == libc::F_DUPFD || command == libc::F_DUPFD_CLOEXEC
}
