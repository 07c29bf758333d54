//! What looks like a code and is none. Taken out before codes are read.
//!
//! A wrong code is worse than a missed one: a reader who asks about an N95 mask must not be told about the
//! menopause. So numbers of other kinds go first, and a code that was meant can always be named as one
//! ("code B12", "ICD-10 N95").

use super::normal::pattern;
use super::scan::Scan;
use regex::Regex;
use std::sync::LazyLock;

static NO_CODES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // Addresses of the web and of mail.
        r"(?i)https?://\S+|\bwww\.\S+|\S+@\S+\.\w+",
        // Money.
        r"(?i)(?:[$€£]|\b(?:usd|eur)\s?)\s?\d[\d,]*(?:\.\d+)?",
        r"(?i)\b\d[\d,]*(?:\.\d+)?\s?(?:dollars?|usd|bucks|cents|%)",
        // ZIP codes: named, after a state, or with their four more digits.
        r"(?i)\b(?:zip|postal)(?:\s?-?codes?)?(?:\s+(?:is|of|in|and))?\s*[:#]?\s*(?P<span>\d{5}(?:-\d{4})?)\b",
        r"\b\d{5}-\d{4}\b",
        r",\s*(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HK]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])\s+(?P<span>\d{5})\b",
        // The same after a city, where the first digit is one of the state's, and the numbers of houses.
        r"\b[A-Z][a-z]+\.?\s+(?:(?:CT|M[AE]|N[HJ]|RI|VT)\s+(?P<span>0\d{4}))\b",
        r"\b[A-Z][a-z]+\.?\s+(?:(?:DE|NY|PA)\s+(?P<span>1\d{4}))\b",
        r"\b[A-Z][a-z]+\.?\s+(?:(?:DC|MD|NC|SC|VA|WV)\s+(?P<span>2\d{4}))\b",
        r"\b[A-Z][a-z]+\.?\s+(?:(?:AL|FL|GA|MS|TN)\s+(?P<span>3\d{4}))\b",
        r"\b[A-Z][a-z]+\.?\s+(?:(?:IN|KY|MI|OH)\s+(?P<span>4\d{4}))\b",
        r"\b[A-Z][a-z]+\.?\s+(?:(?:IA|M[NT]|[NS]D|WI)\s+(?P<span>5\d{4}))\b",
        r"\b[A-Z][a-z]+\.?\s+(?:(?:IL|KS|MO|NE)\s+(?P<span>6\d{4}))\b",
        r"\b[A-Z][a-z]+\.?\s+(?:(?:AR|LA|OK|TX)\s+(?P<span>7\d{4}))\b",
        r"\b[A-Z][a-z]+\.?\s+(?:(?:AZ|CO|ID|N[MV]|UT|WY)\s+(?P<span>8\d{4}))\b",
        r"\b[A-Z][a-z]+\.?\s+(?:(?:AK|CA|HI|OR|WA)\s+(?P<span>9\d{4}))\b",
        r"\b(?P<span>\d{5})(?:\s+[A-Z][a-z]+\.?){1,3}\s+(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Court|Parkway|Highway|Hwy)\b",
        // Numbers of people, claims and papers.
        r"(?i)\b(?:mrn|acct|account|invoice|npi|tin|ndc|clia|fax|phone|tel|member|claim|ticket|tracking|subscriber|patient|policy|case|order|reference)\s*#\s*(?P<span>\d[\dA-Za-z-]*)",
        r"(?i)\b(?:mrn|acct|account|invoice|npi|tin|ndc|clia|fax|phone|tel|p\.?o\.? box|room|suite|ext\.?)\s+(?:(?:id|no\.?|number)\s+)?(?:is\s+)?(?P<span>\d[\dA-Za-z-]*)\b",
        r"(?i)\b(?:mrn|acct|account|invoice|npi|tin|ndc|clia|fax|phone|tel)\s*:\s*(?P<span>\d[\dA-Za-z-]*)\b",
        r"(?i)\b(?:member|patient|subscriber|claim|auth|authorization|ticket|order|case|reference|tracking|policy)\s+(?:id|no\.?|num|number)\s+(?:is\s+)?(?P<span>[\dA-Za-z-]*\d[\dA-Za-z-]*)\b",
        r"\(?\b\d{3}\)?[-. ]\s?\d{3}[-. ]\d{4}\b",
        r"\b\d{3}-\d{2}-\d{4}\b",
        r"\b\d{4,5}-\d{3,4}-\d{1,2}\b",
        // Numbers of coverage documents, and of contractors.
        r"(?i)\b(?:lcd|ncd|lca|article)s?\s*(?:no\.?|number|id|#)?\s*(?P<span>[la]?\d{2,5}(?:\.\d{1,2})*)\b",
        r"(?i)\b(?:carrier|contractor|mac)\s*(?:no\.?|number|#)?\s*(?P<span>\d{5})\b",
        // Amounts and counts.
        r"(?i)\b\d[\d,]*(?:\.\d+)?\s?(?:mg|mcg|ug|ml|cc|iu|kg|lbs?|mm|cm|hz|ng|cells|copies|steps|ppm)\b(?:/\w+)?",
        r"(?i)\b\d+000\s?(?:u|units?|patients?|people|members?|visits?|claims?|beneficiaries|records|rows)\b",
        // Denial and remark codes.
        r"(?i)\b(?:rarc|carc|(?:denial|remark|reason|rejection|adjustment|revenue|rev|condition|occurrence|value)\s+codes?)\s*#?(?P<span>(?:n|ma?|co|pr|oa|pi)?-?\d{1,4}(?:\s*(?:,|/|and|or)\s*(?:n|ma?|co|pr|oa|pi)?-?\d{1,4})*)\b",
        r"(?i)\b(?:co|pr|oa|pi|n|ma)-\d{1,3}\b",
        // Versions of models and files.
        r"(?i)\b(?:ncci|ptp|mue|version|ver|release|edition|edits?|grouper|table|hcc|rxhcc|model|manual)\s+(?P<span>v\d{1,2}(?:\.\d{1,2})?(?:\s*(?:,|/|and|or|vs\.?|to)\s*v\d{1,2}(?:\.\d{1,2})?)*)\b",
        r"(?i)\b(?P<span>v(?:12|21|22|24|28)(?:\s*(?:,|/|and|or|vs\.?|to)\s*v(?:12|21|22|24|28))*)\s+(?:hcc|model|risk)",
        r"(?i)\b(?:cms-?)?(?:rx)?hcc\s*\d{1,3}\b",
        r"(?i)\b[a-z][a-z0-9_-]*\d[a-z0-9_]*\.(?:pdf|csv|txt|xlsx?|zip|xml|docx?|html?|json|toml)\b",
        // Levels of the spine: L4-L5, C5/6, T12-L1, L5S1.
        r"(?i)\b(?:c[1-8]|t1[0-2]|t[1-9]|l[1-6]|s[1-5])\s?(?:-|/|to|and|through)?\s?(?:c[1-8]|t1[0-2]|t[1-9]|l[1-6]|s[1-5])(?:\s?[-/]?\s?(?:c[1-8]|t1[0-2]|t[1-9]|l[1-6]|s[1-5]))*\b",
        r"(?i)\b(?P<span>t1[0-2])\s+(?:vertebra\w*|compression|burst|wedge|fractures?|fx|level|lesion|laminectomy|nerve|dermatome|paraplegia|incomplete|complete)",
        // Obstetric history, stages of tumours.
        r"(?i)\bg\d{1,2}\s?p\d{1,4}(?:\s?a\d{1,2})?(?:\s?l\d{1,2})?\b",
        r"(?i)\b[cpyr]{0,2}t(?:[0-4][a-d]?|is|x)\s?n[0-3x][a-c]?\s?m[01x][a-c]?\b",
        // Vitamin B12, the N95 mask, insulin U-100, antigens and mutations, intervals between doses.
        r"(?i)\b(?:vitamin|vit\.?)\s+(?P<span>[a-z]-?\d{1,2})\b",
        r"(?i)\b(?P<span>b-?12)\s+(?:deficien\w*|injections?|shots?|levels?|an(?:a)?emia|supplements?|neuropathy)",
        r"(?i)\b(?P<span>n95)\s*(?:masks?|respirators?|fit)",
        r"(?i)\b(?P<span>[psu]\d{2,3})\s*(?:protein|antigen|gene|mutation|positive|negative|stain|insulin|syringes?)",
        r"(?i)\b(?:ford|bmw|audi|interstate|highway|route|exit)\s+(?P<span>[a-z]-?\d{1,3})\b",
        r"(?i)\b(?:braf|egfr|kras|nras|idh[12]?|jak2|hfe|alk|ret|kit|mutation|variant)\s+(?P<span>[a-z]\d{2,4}[a-z])\b",
        r"(?i)\bq\s?\d{1,2}\s?h(?:rs?)?\b",
    ]
    .into_iter()
    .map(pattern)
    .collect()
});

/// Other things that have the shape of an ICD-10-CM code without a dot, in upper case.
const LOOK_ALIKES: [&str; 25] = [
    "B12", "V600E", "V600K", "T790M", "L858R", "G12C", "G12D", "G12V", "G13D", "R132H", "C282Y", "H63D",
    "V617F", "S100", "P450", "U100", "U200", "U500", "U300", "P53", "P63", "P16", "P24", "F150", "F250",
];

/// Abbreviations of letters and digits that are never written for a code, not even where a code is asked for:
/// "ICD-10 T2DM" is a search.
const ABBREVIATIONS: [&str; 34] = [
    "A1C", "A1AT", "A1AD", "B2B", "C1Q", "C1INH", "C3A", "C5A", "CA125", "CA153", "CA199", "CD4", "CD8",
    "CD20", "D2D", "D5W", "E2E", "F2F", "G6PD", "H1N1", "H2B", "H2O", "H3N2", "H5N1", "I2C", "N2O", "O2SAT",
    "P2P", "R2D2", "S1P1", "T1DM", "T2DM", "T2A", "T3B",
];

/// Models of risk adjustment, wherever they stand in a question about them.
static MODELS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\bv(?:05|08|12|21|22|24|28)\b"));
static ABOUT_MODELS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:cms-?)?(?:rx)?hccs?\b|\brisk[- ]adjust|\braf\b"));

/// Guards everything that is certainly no code.
pub(super) fn guard(scan: &mut Scan) {
    if !scan.spans(&ABOUT_MODELS).is_empty() {
        for span in scan.spans(&MODELS) {
            scan.guard(span);
        }
    }
    for no_code in NO_CODES.iter() {
        for span in scan.spans(no_code) {
            scan.guard(span);
        }
    }
}

/// Whether `run` (in upper case) usually means something else than the code that it looks like.
pub(super) fn is_look_alike(run: &str) -> bool {
    LOOK_ALIKES.contains(&run)
}

/// Whether `run` (in upper case) is an abbreviation of something else, whatever it is called.
pub(super) fn is_abbreviation(run: &str) -> bool {
    ABBREVIATIONS.contains(&run)
}
