//! Server-sent events as chat completion servers send them: the `data` of each event.

use codecite_answering::ModelError;

/// The longest line taken; a server that sends more is broken.
const LONGEST_LINE: usize = 1 << 20;

/// Cuts bytes, as they come, into the data of events. Comments, names and ids are passed over.
#[derive(Default)]
pub(crate) struct SseReader {
    line: Vec<u8>,
    data: String,
}

impl SseReader {
    /// Takes more bytes, and gives the data of every event that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, ModelError> {
        let mut events = Vec::new();
        for byte in bytes {
            if *byte != b'\n' {
                if self.line.len() >= LONGEST_LINE {
                    return Err(ModelError::Malformed("a line of more than 1 MiB".into()));
                }
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            self.take_line(&line, &mut events)?;
        }
        Ok(events)
    }

    /// What a server left unfinished when it closed: some leave the last blank line out.
    pub fn finish(&mut self) -> Result<Vec<String>, ModelError> {
        let mut events = Vec::new();
        let line = std::mem::take(&mut self.line);
        self.take_line(&line, &mut events)?;
        self.take_line(b"", &mut events)?;
        Ok(events)
    }

    fn take_line(&mut self, line: &[u8], events: &mut Vec<String>) -> Result<(), ModelError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = std::str::from_utf8(line)
            .map_err(|_| ModelError::Malformed("bytes that are not UTF-8".into()))?;
        if line.is_empty() {
            if !self.data.is_empty() {
                events.push(std::mem::take(&mut self.data));
            }
            return Ok(());
        }
        if let Some(data) = line.strip_prefix("data:") {
            if self.data.len() + data.len() > LONGEST_LINE {
                return Err(ModelError::Malformed("an event of more than 1 MiB".into()));
            }
            if !self.data.is_empty() {
                self.data.push('\n');
            }
            self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn events_come_whole_however_the_bytes_are_cut() {
        let bytes = ": hello\r\ndata: é1\r\n\r\nevent: x\ndata: 2\ndata:3\n\ndata: last".as_bytes();
        for step in 1..bytes.len() {
            let mut reader = SseReader::default();
            let mut events = Vec::new();
            for piece in bytes.chunks(step) {
                events.extend(reader.push(piece).expect("well formed"));
            }
            events.extend(reader.finish().expect("well formed"));
            assert_eq!(events, ["é1", "2\n3", "last"], "in pieces of {step}");
        }
    }

    #[test]
    fn what_is_not_text_is_an_error() {
        assert!(SseReader::default().push(b"data: \xff\n").is_err());
        assert!(SseReader::default().push(&vec![b'x'; LONGEST_LINE + 1]).is_err());
    }

    /// All events of the bytes, cut where `cuts` say; an error ends them.
    fn events(bytes: &[u8], cuts: &[usize]) -> (Vec<String>, bool) {
        let mut reader = SseReader::default();
        let mut events = Vec::new();
        let mut start = 0;
        for end in cuts.iter().copied().chain([bytes.len()]) {
            match reader.push(&bytes[start..end]) {
                Ok(more) => events.extend(more),
                Err(_) => return (events, false),
            }
            start = end;
        }
        match reader.finish() {
            Ok(more) => events.extend(more),
            Err(_) => return (events, false),
        }
        (events, true)
    }

    proptest! {
        /// Whatever bytes come, cut anywhere: no panic, and an end. Bytes that are read to their end give the
        /// same events however they were cut.
        #[test]
        fn any_bytes_in_any_pieces(
            parts in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(vec!["data: ", "data:", "\n", "\r\n", ": ", "event: x", "é", "{}", "[DONE]"])
                        .prop_map(|part| part.as_bytes().to_vec()),
                    prop::collection::vec(any::<u8>(), 0..6),
                ],
                0..30,
            ),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let bytes = parts.concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let (whole, is_read) = events(&bytes, &[]);
            let (cut, cut_is_read) = events(&bytes, &cuts);
            prop_assert_eq!(is_read, cut_is_read);
            if is_read {
                prop_assert_eq!(whole, cut);
            }
        }
    }
}
