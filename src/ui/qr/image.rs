//! QR codes as PNG and as SVG.

use std::fmt::Write as _;

use super::{Color, Matrix, QUIET_ZONE, QrDark, QrError, matrix, rows};

/// Pixels of a PNG for each module.
const PNG_SCALE: usize = 8;

/// The form of an image file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QrImage {
    /// Portable Network Graphics.
    Png,
    /// Scalable Vector Graphics.
    Svg,
}

impl QrImage {
    /// The form that a file's name asks for.
    #[must_use]
    pub(crate) fn of_path(path: &std::path::Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "png" => Some(Self::Png),
            "svg" => Some(Self::Svg),
            _ => None,
        }
    }
}

/// Draws `data` as an image, dark on light.
///
/// # Errors
/// [`QrError`] when the data does not fit into a QR code.
pub(crate) fn image(data: &str, form: QrImage) -> Result<Vec<u8>, QrError> {
    let matrix = matrix(data, QUIET_ZONE)?;
    match form {
        QrImage::Png => png(&matrix),
        QrImage::Svg => Ok(svg(&matrix).into_bytes()),
    }
}

fn png(matrix: &Matrix<Color>) -> Result<Vec<u8>, QrError> {
    let side = matrix.size() * PNG_SCALE;
    let mut pixels = Vec::with_capacity(side * side);
    for row in rows(matrix) {
        let line: Vec<u8> = row
            .iter()
            .flat_map(|module| [if *module == QrDark { 0 } else { 255 }; PNG_SCALE])
            .collect();
        for _ in 0..PNG_SCALE {
            pixels.extend_from_slice(&line);
        }
    }
    let side = u32::try_from(side).map_err(QrError::of)?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&pixels))
        .map_err(QrError::of)?;
    Ok(file)
}

fn svg(matrix: &Matrix<Color>) -> String {
    let side = matrix.size();
    let mut path = String::new();
    for (y, row) in rows(matrix).enumerate() {
        for (x, module) in row.iter().enumerate() {
            if *module == QrDark {
                // Writing to a string cannot fail.
                let _ = write!(path, "M{x} {y}h1v1h-1z");
            }
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         width=\"{0}\" height=\"{0}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>\n",
        side * PNG_SCALE
    )
}
