//! What the figures were measured on.

/// Processor, cores, memory and how the program was built.
pub fn description() -> String {
    let processor =
        proc_value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = proc_value("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown memory".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let build = if cfg!(debug_assertions) {
        "dev profile (dependencies optimised)"
    } else {
        "release profile"
    };
    format!(
        "codecite {} ({build}) on {processor}, {cores} cores, {memory}",
        env!("CARGO_PKG_VERSION")
    )
}

/// The resident memory of a process, in MiB.
pub fn resident_mib(process: u32) -> Option<u64> {
    let kib = proc_value(&format!("/proc/{process}/status"), "VmRSS")?;
    let kib: u64 = kib.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}

fn proc_value(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
