//! What the indicators of the quarterly file mean, in our words (HCPCS record layout, CMS).

/// What Medicare's coverage code says.
pub(super) fn coverage(code: &str) -> &'static str {
    match code {
        "C" => "the contractor (carrier) judges whether it is covered",
        "D" => "special coverage instructions apply",
        "I" => "not payable by Medicare",
        "M" => "not covered by Medicare",
        "S" => "not covered by Medicare, by statute",
        _ => "",
    }
}

/// How Medicare prices the code; several indicators are separated by commas.
pub(super) fn pricing(indicators: &str) -> String {
    each(indicators, |indicator| match indicator {
        "00" => "not priced separately by Part B",
        "11" => "physician fee schedule, national relative value units",
        "12" => "physician fee schedule, national anesthesia base units",
        "13" => "physician fee schedule, priced by the contractor",
        "21" => "clinical laboratory fee schedule, with a national limit",
        "22" => "clinical laboratory fee schedule, priced by the contractor",
        "31" => "durable medical equipment that is serviced often",
        "32" => "inexpensive or routinely purchased durable medical equipment",
        "33" => "oxygen and oxygen equipment",
        "34" => "supplies for durable medical equipment",
        "35" => "surgical dressings",
        "36" => "capped rental durable medical equipment",
        "37" => "ostomy, tracheostomy and urological supplies",
        "38" => "orthotics, prosthetics, prosthetic devices and vision services",
        "39" => "parenteral and enteral nutrition",
        "40" => "lymphedema compression treatment items",
        "45" => "customized durable medical equipment",
        "46" => "durable medical equipment and supplies priced by the contractor",
        "51" => "drugs",
        "52" => "reasonable charge",
        "53" => "set by statute",
        "54" => "vaccinations",
        "55" => "splints and casts",
        "56" => "intraocular lenses inserted in a physician's office",
        "57" => "other, priced by the contractor",
        "99" => "no value established",
        _ => "",
    })
}

/// Whether the code is priced under more than one method.
pub(super) fn multiple_pricing(indicator: &str) -> &'static str {
    match indicator {
        "9" => "does not apply: not priced separately by Part B, or no value established",
        "A" => "does not apply: priced under one method",
        "B" => {
            "the professional part by relative value units; the technical part and the whole by the contractor"
        }
        "C" => {
            "the physician's interpretation by relative value units; the test under the laboratory fee schedule"
        }
        "G" => {
            "by reasonable charge on a claim with blood products, otherwise under the laboratory fee schedule"
        }
        _ => "",
    }
}

/// What kind of service it is; several are separated by commas.
pub(super) fn services(types: &str) -> String {
    each(types, |kind| match kind {
        "0" => "whole blood",
        "1" => "medical care",
        "2" => "surgery",
        "3" => "consultation",
        "4" => "diagnostic radiology",
        "5" => "diagnostic laboratory",
        "6" => "therapeutic radiology",
        "7" => "anesthesia",
        "8" => "assistant at surgery",
        "9" => "other medical items or services",
        "A" => "used durable medical equipment",
        "D" => "ambulance",
        "E" => "enteral or parenteral nutrition",
        "F" => "facility use in an ambulatory surgical center",
        "G" => "immunosuppressive drugs",
        "H" => "hospice",
        "J" => "diabetic shoes",
        "K" => "hearing items and services",
        "L" => "supplies for end-stage renal disease",
        "M" => "monthly capitation payment for dialysis",
        "N" => "kidney donor",
        "P" => "lump sum purchase of equipment, prosthetics or orthotics",
        "Q" => "vision items or services",
        "R" => "rental of equipment",
        "S" => "surgical dressings or other medical supplies",
        "U" => "occupational therapy",
        "V" => "vaccine",
        "W" => "physical therapy",
        _ => "",
    })
}

/// What this release did with the code.
pub(super) fn action(code: &str) -> &'static str {
    match code {
        "A" => "code or modifier added",
        "B" => "administrative data and long description changed",
        "C" => "long description changed",
        "D" => "code or modifier discontinued",
        "F" => "administrative data changed",
        "N" => "not changed",
        "P" => "payment changed",
        "R" => "discontinued code taken up again",
        "S" => "short description changed",
        "T" => "miscellaneous change",
        _ => "",
    }
}

/// The meanings of a list, each behind its indicator where there are several.
fn each(list: &str, meaning: impl Fn(&str) -> &'static str) -> String {
    let known: Vec<(&str, &str)> = list
        .split(", ")
        .map(|one| (one, meaning(one)))
        .filter(|(_, meaning)| !meaning.is_empty())
        .collect();
    match known.as_slice() {
        [(_, meaning)] => (*meaning).to_owned(),
        several => {
            let several: Vec<String> = several
                .iter()
                .map(|(one, meaning)| format!("{one}: {meaning}"))
                .collect();
            several.join("; ")
        }
    }
}
