//! What the demo's vendors attach: a drawing, and one page of PDF in the browser's own type, written out by hand because
//! it is all the PDF that Assay ever writes.

/// A plan of a network, as PNG.
pub(super) const DRAWING: &[u8] = include_bytes!("network-plan.png");

/// A page with a heading and short lines of plain ASCII.
pub(super) fn letter(heading: &str, lines: &[String]) -> Vec<u8> {
    let shown = |text: &str| text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
    let mut page = format!("BT /F1 18 Tf 72 760 Td ({}) Tj /F1 11 Tf 0 -12 Td", shown(heading));
    for line in lines {
        page.push_str(&format!(" 0 -18 Td ({}) Tj", shown(line)));
    }
    page.push_str(" ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(&objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let (size, start) = (objects.len() + 1, file.len());
    file.push_str(&format!("xref\n0 {size}\n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"));
    file.push_str(&format!("startxref\n{start}\n%%EOF\n"));
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_a_letter_points_at_its_objects() {
        let file = letter("Policy (2026)", &["In force since \\ January.".to_owned()]);
        let text = String::from_utf8(file).unwrap();
        let at = |mark: &str| text.find(mark).unwrap();
        let start: usize = text[at("startxref\n") + 10..].lines().next().unwrap().parse().unwrap();
        assert!(text[start..].starts_with("xref\n0 6\n"));
        for (number, line) in text[start..].lines().skip(3).take(5).enumerate() {
            let offset: usize = line.split(' ').next().unwrap().parse().unwrap();
            assert!(text[offset..].starts_with(&format!("{} 0 obj\n", number + 1)), "{line}");
        }
        assert!(text.contains("(Policy \\(2026\\)) Tj") && text.contains("since \\\\ January"));
    }
}
