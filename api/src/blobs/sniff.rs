//! What a file is, by its content. The name only has to agree.
//!
//! Office files are ZIP archives: their list of entries is read, with bounds; nothing is ever unpacked.

use super::BlobError;
use crate::domain::evidence::FileKind;
use std::io::{Read, Seek, SeekFrom};

/// Entries that an archive may list; a real document has a few hundred.
const MAX_ENTRIES: usize = 10_000;
/// The most bytes of an archive's list of entries.
const MAX_DIRECTORY: u64 = 2 * 1024 * 1024;

/// Refuses a file of `size` bytes whose content is not of the claimed kind.
///
/// # Errors
/// [`BlobError::NotAllowed`] with the reason; [`BlobError::Io`] when it cannot be read.
pub fn check(file: &mut (impl Read + Seek), size: u64, claimed: FileKind) -> Result<(), BlobError> {
    let mut head = vec![0; usize::try_from(size.min(8_192)).unwrap_or(8_192)];
    file.read_exact(&mut head)?;
    match claimed {
        FileKind::Pdf => signature(&head, b"%PDF-", "The file is not a PDF"),
        FileKind::Png => signature(&head, b"\x89PNG\r\n\x1a\n", "The file is not a PNG image"),
        FileKind::Jpg => signature(&head, b"\xff\xd8\xff", "The file is not a JPEG image"),
        FileKind::Docx => {
            office(file, size, &head, "word/document.xml", "The file is not a Word document (.docx)")
        }
        FileKind::Xlsx => {
            office(file, size, &head, "xl/workbook.xml", "The file is not an Excel workbook (.xlsx)")
        }
        FileKind::Pptx => {
            office(file, size, &head, "ppt/presentation.xml", "The file is not a PowerPoint file (.pptx)")
        }
        FileKind::Txt | FileKind::Csv | FileKind::Md => text(file, &head),
    }
}

fn signature(head: &[u8], expected: &[u8], refusal: &'static str) -> Result<(), BlobError> {
    if head.starts_with(expected) { Ok(()) } else { Err(BlobError::NotAllowed(refusal)) }
}

/// Text is UTF-8 without NUL, is no other kind in disguise, and does not begin as a page or script.
fn text(file: &mut (impl Read + Seek), head: &[u8]) -> Result<(), BlobError> {
    const PAGE: &str = "The file holds a web page, a script or XML, which is not taken";
    const NOT_TEXT: &str = "The file is not plain text in UTF-8";
    if infer::get(head).is_some() {
        return Err(BlobError::NotAllowed(PAGE));
    }
    let start: String = String::from_utf8_lossy(head)
        .trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
        .chars()
        .take(64)
        .collect::<String>()
        .to_ascii_lowercase();
    let foreign =
        ["<!", "<?", "<html", "<head", "<body", "<svg", "<script", "<hta", "#!", "mime-version:", "from: "];
    if foreign.iter().any(|begin| start.starts_with(begin)) {
        return Err(BlobError::NotAllowed(PAGE));
    }
    file.seek(SeekFrom::Start(0))?;
    let mut buffer = vec![0; 64 * 1024];
    let mut kept = 0;
    loop {
        let read = file.read(buffer.get_mut(kept..).unwrap_or_default())?;
        let filled = buffer.get(..kept + read).unwrap_or_default();
        if filled.contains(&0) {
            return Err(BlobError::NotAllowed(NOT_TEXT));
        }
        let valid = match std::str::from_utf8(filled) {
            Ok(text) => text.len(),
            // A character cut by the end of the buffer is completed by the next read.
            Err(error) if error.error_len().is_none() && read > 0 => error.valid_up_to(),
            Err(_) => return Err(BlobError::NotAllowed(NOT_TEXT)),
        };
        kept = filled.len() - valid;
        buffer.copy_within(valid..valid + kept, 0);
        if read == 0 {
            return Ok(());
        }
    }
}

fn office(
    file: &mut (impl Read + Seek),
    size: u64,
    head: &[u8],
    part: &str,
    refusal: &'static str,
) -> Result<(), BlobError> {
    signature(head, b"PK\x03\x04", refusal)?;
    let names = entries(file, size)?.ok_or(BlobError::NotAllowed(refusal))?;
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    if !has("[Content_Types].xml") || !has(part) {
        return Err(BlobError::NotAllowed(refusal));
    }
    let active = |name: &String| {
        let name = name.to_ascii_lowercase();
        name.ends_with("vbaproject.bin") || name.contains("/activex/") || name.contains("macrosheets/")
    };
    if names.iter().any(active) {
        return Err(BlobError::NotAllowed("Files with macros are not taken; save it without macros"));
    }
    Ok(())
}

/// The names that the archive's directory lists; none when it is no archive that we understand.
fn entries(file: &mut (impl Read + Seek), size: u64) -> Result<Option<Vec<String>>, BlobError> {
    // The end record lies in the last 64 kB: 22 bytes and a comment.
    let tail_length = size.min(65_557);
    file.seek(SeekFrom::Start(size - tail_length))?;
    let mut tail = Vec::new();
    file.by_ref().take(tail_length).read_to_end(&mut tail)?;
    let Some(end) = tail.windows(4).rposition(|window| window == b"PK\x05\x06") else { return Ok(None) };
    let record = tail.get(end..).unwrap_or_default();
    let (Some(count), Some(length), Some(offset)) =
        (u16_at(record, 10), u32_at(record, 12), u32_at(record, 16))
    else {
        return Ok(None);
    };
    let (count, length, offset) = (usize::from(count), u64::from(length), u64::from(offset));
    if count > MAX_ENTRIES || length > MAX_DIRECTORY || offset + length > size {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut directory = Vec::new();
    file.by_ref().take(length).read_to_end(&mut directory)?;
    let mut names = Vec::with_capacity(count);
    let mut at = 0;
    for _ in 0..count {
        let Some(entry) = directory.get(at..).filter(|entry| entry.starts_with(b"PK\x01\x02")) else {
            return Ok(None);
        };
        let (Some(name), Some(extra), Some(comment)) =
            (u16_at(entry, 28), u16_at(entry, 30), u16_at(entry, 32))
        else {
            return Ok(None);
        };
        let Some(bytes) = entry.get(46..46 + usize::from(name)) else { return Ok(None) };
        names.push(String::from_utf8_lossy(bytes).into_owned());
        at += 46 + usize::from(name) + usize::from(extra) + usize::from(comment);
    }
    Ok(Some(names))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(content: &[u8], claimed: FileKind) -> bool {
        check(&mut std::io::Cursor::new(content), content.len() as u64, claimed).is_ok()
    }

    /// An archive with empty stored entries of these names.
    fn archive(names: &[&str]) -> Vec<u8> {
        let (mut body, mut directory) = (Vec::new(), Vec::new());
        for name in names {
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            let offset = u32::try_from(body.len()).unwrap().to_le_bytes();
            body.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
            body.extend(length);
            body.extend(b"\0\0");
            body.extend(name.as_bytes());
            directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
            directory.extend(length);
            directory.extend([0; 12]);
            directory.extend(offset);
            directory.extend(name.as_bytes());
        }
        let (at, length, count) = (body.len() as u32, directory.len() as u32, names.len() as u16);
        body.extend(directory);
        body.extend(b"PK\x05\x06\0\0\0\0");
        body.extend(count.to_le_bytes());
        body.extend(count.to_le_bytes());
        body.extend(length.to_le_bytes());
        body.extend(at.to_le_bytes());
        body.extend(b"\0\0");
        body
    }

    #[test]
    fn u_01_each_allowed_kind_is_taken() {
        assert!(taken(b"%PDF-1.7 x", FileKind::Pdf));
        assert!(taken(b"\x89PNG\r\n\x1a\n....", FileKind::Png));
        assert!(taken(b"\xff\xd8\xff\xe0", FileKind::Jpg));
        assert!(taken(&archive(&["[Content_Types].xml", "word/document.xml"]), FileKind::Docx));
        assert!(taken(&archive(&["[Content_Types].xml", "xl/workbook.xml"]), FileKind::Xlsx));
        assert!(taken(&archive(&["[Content_Types].xml", "ppt/presentation.xml"]), FileKind::Pptx));
        assert!(taken("# Grüße\n".repeat(20_000).as_bytes(), FileKind::Md));
        assert!(taken(b"a", FileKind::Txt));
        assert!(taken("a;b\n1;ü\n".as_bytes(), FileKind::Csv));
    }

    #[test]
    fn u_05_active_content_and_macros_are_refused() {
        let macros = archive(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]);
        assert!(!taken(&macros, FileKind::Docx));
        for page in [
            "<!doctype html><p>",
            "  <html>",
            "\u{feff}<svg xmlns=",
            "<?xml version=",
            "#!/bin/sh\n",
            "MIME-Version: 1.0",
        ] {
            assert!(!taken(page.as_bytes(), FileKind::Txt), "{page}");
        }
        assert!(!taken(b"\x7fELF\x02\x01\x01\0", FileKind::Txt));
        assert!(!taken(b"MZ\x90\0", FileKind::Txt));
        assert!(!taken(b"GIF89a/*alert(1)*/", FileKind::Txt));
    }

    #[test]
    fn u_06_content_and_name_must_agree() {
        assert!(!taken(b"<html></html>", FileKind::Pdf));
        assert!(!taken(b"%PDF-1.7", FileKind::Txt));
        assert!(!taken(b"%PDF-1.7", FileKind::Docx));
        assert!(!taken(&archive(&["[Content_Types].xml", "xl/workbook.xml"]), FileKind::Docx));
        assert!(!taken(&archive(&["readme.txt"]), FileKind::Docx));
        assert!(!taken(b"\xff\xfea\0b\0", FileKind::Txt), "UTF-16");
        assert!(!taken(b"caf\xe9", FileKind::Csv), "Latin-1");
    }

    #[test]
    fn u_08_a_broken_or_huge_directory_is_refused() {
        let mut broken = archive(&["[Content_Types].xml", "word/document.xml"]);
        let end = broken.len();
        broken[end - 10..end - 6].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(!taken(&broken, FileKind::Docx));
        assert!(!taken(b"PK\x03\x04 and nothing else", FileKind::Docx));
    }
}
