use super::document::Document;

/// Reads a book in PDF.
pub fn read(_bytes: &[u8]) -> Result<Document, String> {
    Err("is PDF, which is not read yet".to_owned())
}
