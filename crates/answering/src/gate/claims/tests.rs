use super::*;

fn list<T: std::fmt::Display>(name: &str, values: impl IntoIterator<Item = T>) -> Option<String> {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    (!values.is_empty()).then(|| format!("{name} {}", values.join(", ")))
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let claims = Claims::of(text);
    let found: Vec<String> = [
        list("codes", &claims.codes),
        list(
            "code ranges",
            claims
                .code_ranges
                .iter()
                .map(|(first, last)| format!("{first}–{last}")),
        ),
        list(
            "columns",
            claims
                .columns
                .iter()
                .map(|(code, column)| format!("{code}:{column}")),
        ),
        list(
            "numbers",
            claims.numbers.iter().map(|number| match number.unit {
                Some(unit) => format!("{} {unit:?}", number.value),
                None => number.value.clone(),
            }),
        ),
        list(
            "ranges",
            claims
                .number_ranges
                .iter()
                .map(|(first, last)| format!("{first}–{last}")),
        ),
        list(
            "labelled",
            claims
                .labelled
                .iter()
                .map(|(label, value)| format!("{label} {value}")),
        ),
        list("modifiers", &claims.modifiers),
        list(
            "dates",
            claims.dates.iter().map(|date| {
                let year = date.year.map_or("*".into(), |year| year.to_string());
                let day = date.day.map_or("*".into(), |day| day.to_string());
                format!("{year}-{}-{day}", date.month)
            }),
        ),
        list("references", &claims.references),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert_eq!(found.join("; "), expected, "claims of {text:?}");
}

#[test]
fn codes_are_found_however_they_are_written() {
    check(
        "CPT 38900 with e11.9, A1C and 0001U.",
        "codes 0001U, 38900, A1C, E119",
    );
    check("S52.5 needs more.E11.9 does not", "codes E119, S525");
    check("From 99202-99205.", "codes 99202, 99205; code ranges 99202–99205");
    check("E11.0 through E11.9", "codes E110, E119; code ranges E110–E119");
    check(
        "NCCI pairs 20610 (column 1) with 99213 (column two).",
        "codes 20610, 99213; columns 20610:1, 99213:2; labelled column 1, column 2",
    );
}

#[test]
fn modifiers_are_found_however_they_are_written() {
    check("Append modifier 25 to 99213.", "codes 99213; modifiers 25");
    check("Modifiers 59, XE, or XU apply.", "modifiers 59, XE, XU");
    check("modifiers 25 & 59", "modifiers 25, 59");
    check(
        "Report 38900-59 or 38900-xu/RT.",
        "codes 38900; modifiers 59, RT, XU",
    );
    check(
        "mod 59, the 25 modifier, append 57, and -79 too",
        "modifiers 25, 57, 59, 79",
    );
    check("modifier xu", "modifiers XU");
    check("modifier is 25 percent", "numbers 25, 25 Percent");
    check(
        "modifier 25 and 90 days, add 15 minutes",
        "numbers 15, 15 Minute, 90, 90 Day; modifiers 25",
    );
}

#[test]
fn numbers_are_found_in_digits_and_words() {
    check(
        "A 10-day period, ninety days, 10 units.",
        "numbers 10, 10 Day, 10 Service, 90, 90 Day",
    );
    check("Global days are 090, not 000 or 0.", "numbers 0, 000, 090");
    check(
        "It pays $1,250.50 or 2.50 RVUs, 80%.",
        "numbers 1250.5, 1250.5 Dollar, 2.5, 80, 80 Percent",
    );
    check("The 7th character, the seventh.", "numbers 7");
    check(
        "Type III, 25 mg or 10mg.",
        "numbers 10, 10 Milligram, 25, 25 Milligram; labelled type 3",
    );
    check("one hundred eighty days", "numbers 180, 180 Day");
    check("one hundred and five", "numbers 105");
    check("twenty-five thousand two hundred six", "numbers 25206");
    check("two, three and four", "numbers 2, 3, 4");
    check("2 thousand and 1.5 million", "numbers 1500000, 2000");
    check("two-thirds, 1/2 and half", "numbers 1/2, 2/3");
    check("1-2 units", "numbers 1, 1 Service, 2, 2 Service; ranges 1–2");
    check(
        "between ten and twenty minutes",
        "numbers 10, 10 Minute, 20, 20 Minute; ranges 10–20",
    );
    check("0 or 10 global days", "numbers 0, 0 Day, 10, 10 Day");
    check(
        "x 3, 4x, twice, five times",
        "numbers 2, 2 Time, 3, 3 Time, 4, 4 Time, 5, 5 Time",
    );
    check("one of them, one unit", "numbers 1, 1 Service");
    check("double it", "numbers x2");
    check("eighty per cent", "numbers 80, 80 Percent");
}

#[test]
fn a_label_before_a_number_is_part_of_it() {
    check(
        "The MUE of CPT 38900 is 1 unit.",
        "codes 38900; numbers 1, 1 Service; labelled mue 1",
    );
    check("with modifier indicator 1", "labelled modifier indicator 1");
    check("type one", "labelled type 1");
}

#[test]
fn dates_are_found_whole_and_in_part() {
    check("Since October 1, 2025.", "dates 2025-10-1");
    check("Since 1 October and 2/14/26.", "dates *-10-1, 2026-2-14");
    check("Since October 2025, on 2026-02-14.", "dates 2025-10-*, 2026-2-14");
    check(
        "October first, the twenty-second of May 2024",
        "dates *-10-1, 2024-5-22",
    );
    check(
        "10-02-2022, 2022/10/03, 1-Oct-2022",
        "dates 2022-10-1, 2022-10-2, 2022-10-3",
    );
    check("since November", "dates *-11-*");
    check("It may be so, and in March.", "dates *-3-*");
    check("They may march.", "");
}

#[test]
fn places_versions_and_periods_are_no_numbers() {
    check("Chapter 12, section 40.1", "references chapter 12, section 40.1");
    check(
        "Sections I.A.15, I.C.4.a and I.C.14.a",
        "references section I.A.15, section I.C.14.A, section I.C.4.A",
    );
    check(
        "NCCI table v30.2, version 31",
        "references version 30.2, version 31",
    );
    check(
        "CY2025 October release, FY 2024",
        "numbers 2024, 2025; dates *-10-*; references cy2025, fy2024",
    );
    check(
        "2024 Q3, third quarter of 2024",
        "numbers 2024; references quarter 3",
    );
}
