//! CSV that opens safely in a spreadsheet and reads back without loss.
//!
//! RFC 4180 with CRLF; every field is quoted unless it is a number. The file begins with the UTF-8 byte order mark,
//! without which Excel takes umlauts for something else. A text that a spreadsheet could take for a formula gets an
//! apostrophe in front, and so does a text that begins with one: who reads the file takes one leading apostrophe off
//! and has the original. To write a file: [`head`] once, then [`lines`] for as many batches as there are.

use bytes::Bytes;
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use std::{borrow::Cow, io};

/// The `Content-Type` of a file.
pub const MEDIA_TYPE: &str = "text/csv; charset=utf-8";

/// The beginning of a file: byte order mark and headings.
///
/// # Errors
/// Never for headings that fit into memory.
pub fn head<S: AsRef<str>>(headings: impl IntoIterator<Item = S>) -> io::Result<Bytes> {
    let mut writer = writer("\u{feff}".into());
    write(&mut writer, headings)?;
    finished(writer)
}

/// Lines of a file. All of them need the same number of fields.
///
/// # Errors
/// When a line has another number of fields than the one before it.
pub fn lines<L: IntoIterator<Item: AsRef<str>>>(lines: impl IntoIterator<Item = L>) -> io::Result<Bytes> {
    let mut writer = writer(Vec::new());
    for fields in lines {
        write(&mut writer, fields)?;
    }
    finished(writer)
}

fn writer(begun: Vec<u8>) -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::NonNumeric)
        .has_headers(false)
        .from_writer(begun)
}

fn write<S: AsRef<str>>(writer: &mut Writer<Vec<u8>>, fields: impl IntoIterator<Item = S>) -> io::Result<()> {
    let guarded: Vec<String> = fields.into_iter().map(|field| guarded(field.as_ref()).into_owned()).collect();
    Ok(writer.write_record(guarded)?)
}

fn finished(writer: Writer<Vec<u8>>) -> io::Result<Bytes> {
    writer.into_inner().map(Bytes::from).map_err(|error| io::Error::other(error.to_string()))
}

/// What a spreadsheet may take for the beginning of a formula, full-width forms included.
fn is_sign(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\0' | '＝' | '＋' | '－' | '＠')
}

/// The text with an apostrophe in front where it begins with a sign, with blanks before it or none, or has one behind
/// what some reader may take for the end of a field: a quote, a line break, a semicolon. A text that begins with an
/// apostrophe gets another, so that one can always be taken off.
fn guarded(text: &str) -> Cow<'_, str> {
    let mut begins = true;
    let risky = text.chars().any(|c| {
        let sign = begins && is_sign(c);
        begins = matches!(c, '"' | '\n' | '\r' | ';') || (begins && c.is_whitespace());
        sign
    });
    if risky || text.starts_with('\'') { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(file: &[u8]) -> Vec<Vec<String>> {
        let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
        let lines = reader.into_records().map(|line| line.unwrap());
        lines.map(|line| line.iter().map(str::to_owned).collect()).collect()
    }

    fn original(field: &str) -> &str {
        field.strip_prefix('\'').unwrap_or(field)
    }

    #[test]
    fn numbers_stay_bare_and_texts_are_quoted_as_the_standard_says() {
        let head = head(["Score", "Why"]).unwrap();
        assert_eq!(head, "\u{feff}\"Score\",\"Why\"\r\n");
        let lines = lines([["95.0", "a \"b\", c"], ["", "two\nlines"]]).unwrap();
        assert_eq!(lines, "95.0,\"a \"\"b\"\", c\"\r\n\"\",\"two\nlines\"\r\n");
    }

    #[test]
    fn x_01_what_could_be_a_formula_begins_with_an_apostrophe() {
        for sign in ["=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠"] {
            for before in ["", " ", "\"", "\n", "\r\n", ";", "; ", "words\"", "words\n", "words;", "\"\""] {
                let text = format!("{before}{sign}HYPERLINK(\"https://evil.example\")");
                assert_eq!(guarded(&text), format!("'{text}"), "{text:?}");
            }
        }
        for harmless in
            ["", "words", "3/4", "a-b", "a = b", "2026-11-27", "x@y.example", "1,000", "-".trim_matches('-')]
        {
            assert_eq!(guarded(harmless), harmless);
        }
        assert_eq!(guarded("'tis"), "''tis");
    }

    #[test]
    fn lines_of_different_lengths_are_refused() {
        assert!(lines([vec!["a", "b"], vec!["c"]]).is_err());
    }

    /// Texts made mostly of what is special to CSV and spreadsheets.
    fn hostile() -> impl Strategy<Value = String> {
        let special = prop::sample::select(vec![
            "=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＠", "\"", "'", ";", ",", " ", "a", "ü",
            "\u{feff}",
        ]);
        prop_oneof![prop::collection::vec(special, 0..12).prop_map(|parts| parts.concat()), any::<String>()]
    }

    proptest! {
        #[test]
        fn a_file_reads_back_as_it_was_and_no_field_begins_with_a_sign(
            table in (1_usize..5).prop_flat_map(|width| {
                prop::collection::vec(prop::collection::vec(hostile(), width), 1..8)
            })
        ) {
            let mut file = head((0..table[0].len()).map(|column| format!("Column {column}"))).unwrap().to_vec();
            file.extend_from_slice(&lines(table.iter()).unwrap());
            let found = read(&file);
            prop_assert_eq!(found.len(), table.len() + 1);
            prop_assert_eq!(&found[0][0], "Column 0");
            for (found, given) in found[1..].iter().zip(&table) {
                for (field, given) in found.iter().zip(given) {
                    prop_assert_eq!(original(field), given);
                    prop_assert!(!field.trim_start_matches(' ').starts_with(is_sign), "{:?}", field);
                }
                prop_assert_eq!(found.len(), given.len());
            }
        }
    }
}
