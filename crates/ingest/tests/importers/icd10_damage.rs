//! No bytes make an importer of ICD-10 panic.

use crate::read;
use proptest::prelude::*;

const FILES: [(&str, &str); 11] = [
    (
        "icd10cm_order_2024.csv",
        "order,code,valid,long_description\n1,A00,0,Cholera\n2,A00.0,1,Cholera due to\n",
    ),
    (
        "icd10cm_fy2027_added.csv",
        "code,code_dotted,billable,long_title\nI4200,I42.00,true,Dilated cardiomyopathy\n",
    ),
    (
        "icd10cm_order_addenda_2027.txt",
        "Add:          00123 I4200   1 Dilated cardiomyopathy                                       Dilated cardiomyopathy\n\
         Revise from:  00124 I420    1 Dilated cardiomyopathy                                       Dilated cardiomyopathy\n\
         Revise to:    00124 I420    0 Dilated cardiomyopathy                                       Dilated cardiomyopathy\n",
    ),
    (
        "counts.csv",
        "fiscalYear,effectiveFrom,totalEntries,billableCodes,nonBillableHeaders\n2016,2015-10-01,3,2,1\n",
    ),
    (
        "tabular.xml",
        "<ICD10CM.tabular><version>2025</version><chapter><name>2</name><desc>N (C00-D49)</desc><section id=\"C00-C14\">\
         <diag><name>C00</name><desc>Lip</desc><excludes1><note>skin of lip (C44.0-, C00-C14) in A00.-</note></excludes1>\
         <sevenChrDef><extension char=\"A\">initial</extension></sevenChrDef></diag></section></chapter></ICD10CM.tabular>",
    ),
    (
        "index.xml",
        "<ICD10CM.index><version>2025</version><title>INDEX TO DISEASES</title><letter><title>A</title><mainTerm><title>Abasia<nemod>(x)</nemod></title>\
         <code>F44.4</code><term level=\"1\"><title>late</title><see>Abasia</see></term></mainTerm></letter></ICD10CM.index>",
    ),
    (
        "drugs.xml",
        "<ICD10CM.index><version>2025</version><indexHeading><head col=\"1\">Substance</head></indexHeading><letter>\
         <mainTerm><title>Abrine</title><cell col=\"2\">T62.2X1</cell><cell col=\"7\">--</cell></mainTerm></letter></ICD10CM.index>",
    ),
    (
        "ICD10CM_2025_neoplasms.csv",
        "RowID,Level,Term,SeeAlso,NonEssModif,MalignantPrimary,MalignantSecondary,CaInSitu,Benign,UncertainBehavior,\
         UnspecifiedBehavior\n1,0,Neoplasm,,,C80.1,C79.9,D09.9,D36.9,D48.9,D49.9\n2,1,abdomen,,,C76.2,C79.8-,--,-,,\n",
    ),
    (
        "icd10pcs_order_2024.csv",
        "order,code,valid,description_short,description_long\n1,001,0,Bypass,Bypass\n2,0016070,1,B,Bypass\n",
    ),
    (
        "tables.xml",
        "<ICD10PCS.tabular><version>2024</version><pcsTable><axis><label code=\"0\">M</label></axis><axis><label code=\"D\">G</label>\
         </axis><axis><label code=\"T\">R</label></axis><pcsRow codes=\"1\"><axis><title>B</title><label code=\"1\">U</label></axis>\
         <axis><label code=\"1\">U</label></axis><axis><label code=\"1\">U</label></axis><axis><label code=\"1\">U</label></axis>\
         </pcsRow></pcsTable></ICD10PCS.tabular>",
    ),
    (
        "index.xml",
        "<ICD10PCS.index><version>2024</version><letter><title>A</title><mainTerm><title>Abrasion</title><see>Extraction\
         <codes>0UT9</codes></see><term><code>10A07ZX</code></term></mainTerm></letter></ICD10PCS.index>",
    ),
];

/// Changes, drops or doubles bytes at some places.
fn mutate(bytes: &mut Vec<u8>, mutations: &[(usize, u8, u8)]) {
    for &(place, kind, byte) in mutations {
        if bytes.is_empty() {
            return;
        }
        let place = place % bytes.len();
        match kind % 4 {
            0 => bytes[place] = byte,
            1 => drop(bytes.remove(place)),
            2 => bytes.insert(place, byte),
            _ => bytes.truncate(place),
        }
    }
}

#[test]
fn undamaged_all_of_them_are_read() {
    for (name, text) in FILES {
        let options = codecite_ingest::ReadOptions {
            effective_from: "2024-10-01".parse().ok(),
            ..Default::default()
        };
        let reading = crate::support::read_one(name, text, &options).expect(name);
        assert_eq!(reading.refused, [], "{name}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_an_importer_of_icd_10_panic(
        file in 0..FILES.len(),
        mutations in proptest::collection::vec((any::<usize>(), any::<u8>(), any::<u8>()), 0..6),
        rest in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let (name, text) = FILES[file];
        let mut bytes = text.as_bytes().to_vec();
        mutate(&mut bytes, &mutations);
        bytes.extend(rest);
        if let Ok(reading) = read(name, bytes) {
            prop_assert!(reading.shelf.edition.rows <= reading.read);
            for finding in &reading.refused {
                prop_assert!(finding.line.is_some());
            }
        }
    }

    #[test]
    fn notes_of_any_text_are_read(text in "[A-Z0-9.()\\-, a-zé]{0,60}") {
        let list = format!(
            "<ICD10CM.tabular><version>2025</version><chapter><name>2</name><section id=\"C00\"><diag><name>C00</name>\
             <includes><note>{text}</note></includes></diag></section></chapter></ICD10CM.tabular>"
        );
        prop_assert!(read("list.xml", list).is_ok());
    }
}
