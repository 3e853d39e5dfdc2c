//! What may be attached as evidence: kinds of files, names, links, and how much of it.

use crate::word_enum;

/// The most bytes of one file.
pub const MAX_FILE_BYTES: u64 = 25 * 1024 * 1024;
/// The most bytes of all files of one assessment.
pub const MAX_TOTAL_BYTES: u64 = 250 * 1024 * 1024;
/// The most pieces of evidence of one assessment.
pub const MAX_PIECES: u64 = 200;
/// The most characters of a displayed name.
pub const MAX_NAME: usize = 255;
/// The most characters of a link.
pub const MAX_LINK: usize = 2_000;

word_enum! {
    /// Whether the evidence is kept here or elsewhere.
    EvidenceKind {
        /// A file in our store.
        File => "file",
        /// An address elsewhere.
        Link => "link",
    }
}

/// The kinds of files that are taken. What a file is is decided by its content; its name must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// PDF.
    Pdf,
    /// Word, without macros.
    Docx,
    /// Excel, without macros.
    Xlsx,
    /// PowerPoint, without macros.
    Pptx,
    /// PNG image.
    Png,
    /// JPEG image.
    Jpg,
    /// Plain text.
    Txt,
    /// Comma-separated values.
    Csv,
    /// Markdown.
    Md,
}

/// What the upload form and its refusals say.
pub const ALLOWED_IN_WORDS: &str =
    "PDF, Word, Excel or PowerPoint without macros, PNG, JPEG, text, CSV or Markdown";
/// The same for a file input's `accept`.
pub const ALLOWED_ENDINGS: &str = ".pdf,.docx,.xlsx,.pptx,.png,.jpg,.jpeg,.txt,.csv,.md";

impl FileKind {
    /// The kind that a file name claims.
    #[must_use]
    pub fn claimed_by(name: &str) -> Option<Self> {
        let (stem, ending) = name.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        Some(match ending.to_ascii_lowercase().as_str() {
            "pdf" => Self::Pdf,
            "docx" => Self::Docx,
            "xlsx" => Self::Xlsx,
            "pptx" => Self::Pptx,
            "png" => Self::Png,
            "jpg" | "jpeg" => Self::Jpg,
            "txt" => Self::Txt,
            "csv" => Self::Csv,
            "md" => Self::Md,
            _ => return None,
        })
    }
    /// The media type kept with the file.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Png => "image/png",
            Self::Jpg => "image/jpeg",
            Self::Txt => "text/plain",
            Self::Csv => "text/csv",
            Self::Md => "text/markdown",
        }
    }
}

/// The media type that a download names: the real one only where no browser can be tricked by it.
#[must_use]
pub fn served_as(media_type: Option<&str>) -> &'static str {
    match media_type {
        Some("application/pdf") => "application/pdf",
        Some("image/png") => "image/png",
        Some("image/jpeg") => "image/jpeg",
        _ => "application/octet-stream",
    }
}

/// How a file of a stranger is drawn inside a page of ours. What has no such way is downloaded and never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A picture, in a sandbox: browsers draw it without running anything.
    Picture,
    /// A PDF, by the viewer of the browser, which does not run in a sandbox.
    Pdf,
}

/// How a page shows a file of this media type, if at all. The type is the one found in the content, never the one that
/// the name claims.
#[must_use]
pub fn shown_as(media_type: Option<&str>) -> Option<Shown> {
    match media_type {
        Some("image/png" | "image/jpeg") => Some(Shown::Picture),
        Some("application/pdf") => Some(Shown::Pdf),
        _ => None,
    }
}

/// A file name as it may be shown: no folders, no invisible or reordering characters, at most 255 characters, the
/// ending kept. The name never becomes a path. Empty when nothing is left of it.
#[must_use]
pub fn clean_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    let name = visible.trim_matches(|c: char| c.is_whitespace() || c == '.').to_owned();
    if name.chars().count() <= MAX_NAME {
        return name;
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
    let ending: String = ending.chars().take(10).collect();
    let stem: String = stem.chars().take(MAX_NAME - 1 - ending.chars().count()).collect();
    format!("{stem}.{ending}")
}

/// What a link is called: one line of at most 255 visible characters.
#[must_use]
pub fn clean_title(typed: &str) -> String {
    let visible = typed.trim().chars().filter(|c| !c.is_control() && !is_invisible(*c));
    visible.take(MAX_NAME).collect()
}

/// Characters that make a name read differently from what it is.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffd}')
}

/// A link that may be kept as evidence: https, a host, no user name or password, no blanks.
///
/// # Errors
/// What is wrong, for the form.
pub fn check_link(typed: &str) -> Result<String, &'static str> {
    let link = typed.trim();
    if link.is_empty() {
        return Err("Enter the address of the evidence");
    }
    if link.chars().count() > MAX_LINK {
        return Err("The address is too long; 2,000 characters are taken");
    }
    if link.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\' | '`'))
    {
        return Err("Remove blanks and special characters from the address");
    }
    let begins = link.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let rest = if begins {
        link.get(8..).unwrap_or_default()
    } else {
        return Err("The address begins with https://");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("Remove the user name or password from the address");
    }
    let host = authority.split(':').next().unwrap_or_default();
    if host.is_empty() || !host.contains('.') || host.starts_with('.') || host.ends_with('.') {
        return Err("The address needs a host, such as https://example.com/report");
    }
    Ok(link.to_owned())
}

/// A `Content-Disposition` that always saves and never shows (RFC 6266).
#[must_use]
pub fn attachment(name: &str) -> String {
    disposition("attachment", name)
}

/// A `Content-Disposition` that shows, and gives the name to whoever saves what is shown.
#[must_use]
pub fn inline(name: &str) -> String {
    disposition("inline", name)
}

/// An ASCII name for old clients, the real name percent-encoded for the others.
fn disposition(kind: &str, name: &str) -> String {
    let plain: String =
        name.chars()
            .map(|c| {
                if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%' | ';') || c == ' ' { c } else { '_' }
            })
            .collect();
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// A size in the words of a page: `812 bytes`, `64 kB`, `1.2 MB`.
#[must_use]
pub fn size_in_words(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} kB", bytes.div_ceil(1024)),
        _ => {
            let tenths = bytes * 10 / 1_048_576;
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FileKind::*, *};

    #[test]
    fn u_04_names_lose_their_folders_and_tricks_and_never_pass_255() {
        for (sent, kept) in [
            ("../../x.pdf", "x.pdf"),
            ("..\\x.pdf", "x.pdf"),
            ("/etc/x.txt", "x.txt"),
            ("C:\\x.pdf", "x.pdf"),
            ("a\0b\n.pdf", "ab.pdf"),
            ("report\u{202e}fdp.exe", "reportfdp.exe"),
            ("...", ""),
            ("Bericht für Prüfer 🚲.pdf", "Bericht für Prüfer 🚲.pdf"),
        ] {
            assert_eq!(clean_name(sent), kept, "{sent:?}");
        }
        let long = clean_name(&format!("{}.pdf", "x".repeat(4096)));
        assert_eq!(long.chars().count(), MAX_NAME);
        assert!(long.ends_with(".pdf"));
    }

    #[test]
    fn u_04_the_last_ending_decides() {
        assert_eq!(FileKind::claimed_by("a.pdf.exe"), None);
        assert_eq!(FileKind::claimed_by("CON"), None);
        assert_eq!(FileKind::claimed_by(".pdf"), None);
        assert_eq!(FileKind::claimed_by("A.PDF"), Some(FileKind::Pdf));
        for ending in ["svg", "html", "xhtml", "xml", "mht", "js", "hta", "lnk", "exe", "docm", "xlsm", "zip"]
        {
            assert_eq!(FileKind::claimed_by(&format!("a.{ending}")), None);
        }
    }

    #[test]
    fn v_11_only_plain_https_links_are_taken() {
        assert!(check_link("https://trust.lumen.example/soc2?x=1#p").is_ok());
        assert!(check_link("HTTPS://lumen.example").is_ok());
        for bad in [
            "",
            "http://lumen.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://user:secret@lumen.example/",
            "https://",
            "https://localhost",
            "https://lumen.example/a b",
            "https://lumen.example/\"><script>",
        ] {
            assert!(check_link(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn u_12_a_download_name_is_one_header_and_reads_back() {
        let header = attachment("Prüf;\"ung\"\r\n 🚲.pdf");
        assert!(!header.contains(['\r', '\n']));
        assert!(header.starts_with(
            "attachment; filename=\"Pr_f__ung___ _.pdf\"; filename*=UTF-8''Pr%C3%BCf%3B%22ung%22"
        ));
    }

    #[test]
    fn u_07_only_pictures_and_pdf_are_ever_shown() {
        let all = [Pdf, Docx, Xlsx, Pptx, Png, Jpg, Txt, Csv, Md];
        let shown = all.into_iter().filter(|kind| shown_as(Some(kind.media_type())).is_some());
        assert_eq!(shown.collect::<Vec<_>>(), [Pdf, Png, Jpg]);
        for never in [None, Some("image/svg+xml"), Some("text/html"), Some("image/png; charset=x"), Some("")]
        {
            assert_eq!(shown_as(never), None, "{never:?}");
        }
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!(size_in_words(812), "812 bytes");
        assert_eq!(size_in_words(65_536), "64 kB");
        assert_eq!(size_in_words(1_258_292), "1.2 MB");
    }
}
