//! Median, 99th percentile and worst of many times.

use std::time::Duration;

/// Many times, sorted.
pub struct Figures(Vec<Duration>);

impl Figures {
    /// The figures of these times.
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }

    /// The time that `percent` of all are not slower than; zero for none.
    fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    /// One row of the table.
    pub fn print(&self, what: &str) {
        let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
        let worst = self.0.last().copied().unwrap_or_default();
        println!(
            "| {what} | {} | {} | {} | {} |",
            ms(self.percentile(50)),
            ms(self.percentile(99)),
            ms(worst),
            self.0.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let figures = Figures::of((1..=200).rev().map(Duration::from_millis));
        assert_eq!(figures.percentile(50), Duration::from_millis(100));
        assert_eq!(figures.percentile(99), Duration::from_millis(198));
        assert_eq!(Figures::of([]).percentile(99), Duration::ZERO);
    }
}
