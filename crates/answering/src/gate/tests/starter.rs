//! The sentences of the starter knowledge base, quoted: all of them have to pass with their own citation.

use super::*;
use codecite_codebook::sentences;

#[test]
fn every_sentence_of_the_starter_passes_as_a_quotation() {
    let starter = codecite_ingest::starter().expect("the starter").shelf;
    assert!(starter.passages.len() >= 60);
    let date_of_service = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
    let mut quoted = 0;
    let mut withheld = Vec::new();
    for passage in starter.passages {
        let evidence = Evidence::new([passage.clone()]).expect("evidence");
        let codes = Grounds::codes_to_look_up(&evidence);
        let grounds = Arc::new(Grounds::new(
            &evidence,
            "What does it say?",
            date_of_service,
            codes,
        ));
        for sentence in sentences(&passage.text) {
            quoted += 1;
            let mut gate = CitationGate::new(Arc::clone(&grounds), GateLimits::default());
            let mut verdicts = gate.push(&format!("{} [1].", sentence.trim_end_matches('.')));
            verdicts.extend(gate.finish());
            let passes = matches!(verdicts.as_slice(), [Verdict::Released(text)] if text.text() == sentence);
            if !passes {
                withheld.push(format!(
                    "{}: {sentence}\n  {}",
                    passage.title,
                    transcript(&verdicts)
                ));
            }
        }
    }
    assert!(
        withheld.is_empty(),
        "{} of {quoted}:\n{}",
        withheld.len(),
        withheld.join("\n")
    );
}
