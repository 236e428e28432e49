//! The memory of the process: how much there may be, and how much the heap holds.
//!
//! A failed allocation ends the process, so it has to be prevented: tensors are charged before they are
//! made (`ops::tensor`), functions that multiply what they are given have bounds (`script::standard`), and
//! what scripts gather little by little is checked here, between two of their operations.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

static HELD: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, which counts what it has given. A program that runs scripts declares it with
/// `#[global_allocator]`; where it is not declared, scripts have no bound on the sum of their values.
pub struct Heap;

// SAFETY: all requests are handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        counted(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        counted(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let moved = counted(unsafe { System.realloc(pointer, layout, size) }, size);
        if !moved.is_null() {
            HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        }
        moved
    }
}

/// Counts the bytes at a pointer; none where there was no room for them.
fn counted(pointer: *mut u8, bytes: usize) -> *mut u8 {
    if !pointer.is_null() {
        HELD.fetch_add(bytes, Ordering::Relaxed);
    }
    pointer
}

/// Bytes that the heap holds besides tensors, which have a budget of their own.
pub fn held() -> usize {
    HELD.load(Ordering::Relaxed).saturating_sub(ops::tensor::heap_bytes())
}

/// Bytes that this process may have: the machine's memory, or what the process's cgroup is given of it.
pub fn available() -> usize {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    limit(Path::new("/sys/fs/cgroup"), &groups).map_or(physical(), |limit| limit.min(physical()))
}

/// Bytes of memory of this machine.
fn physical() -> usize {
    // SAFETY: asks for two numbers.
    let (pages, size) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    usize::try_from(pages).unwrap_or(1 << 20) * usize::try_from(size).unwrap_or(4096)
}

/// The minimum limit of the groups that a process is in, and of those around them. `groups` is the text of
/// its `/proc/PID/cgroup`: `0::/path` for version 2, `4:cpu,memory:/path` for version 1, whose files lie
/// in the folder of the controller. In a container the path may be one that is only seen outside of it, so
/// that its folders are not there; the topmost one is.
fn limit(root: &Path, groups: &str) -> Option<usize> {
    let group = |line: &str| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let (folder, file) = match controllers {
            "" => (root.to_owned(), "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                (root.join("memory"), "memory.limit_in_bytes")
            }
            _ => return None,
        };
        let ancestors = Path::new(path.trim_start_matches('/')).ancestors();
        let read = |inner: &Path| fs::read_to_string(folder.join(inner).join(file)).ok()?.trim().parse().ok();
        ancestors.filter_map(read).min()
    };
    groups.lines().filter_map(group).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, file: &str, text: &str) {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn the_minimum_of_all_groups_around_a_process_counts() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        assert_eq!(limit(root, "0::/a/b\n"), None);
        write(root, "a/b/memory.max", "max\n");
        assert_eq!(limit(root, "0::/a/b\n"), None);
        write(root, "a/memory.max", "500000000\n");
        write(root, "memory.max", "700000000\n");
        assert_eq!(limit(root, "0::/a/b\n"), Some(500_000_000));
        // Seen from inside of a container, whose own folder is the root.
        assert_eq!(limit(root, "0::/docker/0123\n"), Some(700_000_000));
    }

    #[test]
    fn groups_of_the_first_version_have_a_folder_for_each_controller() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let groups = "5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n";
        write(root, "memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(limit(root, groups), Some(9_223_372_036_854_771_712));
        write(root, "memory/x/memory.limit_in_bytes", "300000000\n");
        write(root, "cpu/x/memory.limit_in_bytes", "7\n");
        assert_eq!(limit(root, groups), Some(300_000_000));
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(available() > 1 << 24 && available() <= physical());
    }
}
