//! QR codes that a phone reads: on the screen, as PNG and as SVG. The only file that names
//! qr2term.

use std::fmt::Write as _;

use qr2term::{
    matrix::Matrix,
    render::{Color, QrDark, QrLight, Renderer},
};

use qrcode::{EcLevel, QrCode};

use crate::model::QrChoice;

/// The empty border that a reader needs, in modules (ISO/IEC 18004 §5.3.8 asks for four).
const QUIET_ZONE: usize = 4;
/// Pixels of a PNG for each module.
const PNG_SCALE: usize = 8;

/// A QR code could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QrError {
    /// The data is too long, or the image could not be encoded.
    #[error("{0}")]
    Failed(String),
}

impl QrError {
    fn of(err: impl std::fmt::Display) -> Self {
        Self::Failed(err.to_string())
    }
}

/// What is known of the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Whether it takes escape sequences.
    pub escapes: bool,
    /// Whether it shows UTF-8.
    pub utf8: bool,
    /// Its width; nothing where there is no terminal.
    pub columns: Option<usize>,
    /// Whether its background is dark, where that is known.
    pub dark: Option<bool>,
}

/// A QR code for the screen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ScreenQr {
    /// The lines to write.
    Text(String),
    /// It would wrap, and no phone could read it.
    TooNarrow {
        /// Columns it takes.
        needed: usize,
        /// Columns there are.
        columns: usize,
    },
}

/// Draws `data` for a terminal.
///
/// Where the terminal takes escape sequences, the colours are part of the code, so that it can be
/// read on a dark and on a light background alike, also under `NO_COLOR`. Where it does not, one
/// polarity is right on a dark background and the other on a light one; both are drawn when the
/// background is not known.
///
/// # Errors
/// [`QrError`] when the data does not fit into a QR code.
pub(crate) fn on_screen(
    data: &str,
    choice: QrChoice,
    terminal: &Terminal,
) -> Result<ScreenQr, QrError> {
    let matrix = matrix(data)?;
    let half_blocks = match choice {
        QrChoice::Utf8 => true,
        QrChoice::Ascii => false,
        QrChoice::Auto | QrChoice::None => terminal.utf8,
    };
    let needed = matrix.size() * if half_blocks { 1 } else { 2 };
    if let Some(columns) = terminal.columns.filter(|columns| *columns < needed) {
        return Ok(ScreenQr::TooNarrow { needed, columns });
    }
    Ok(ScreenQr::Text(match (terminal.escapes, half_blocks) {
        (true, true) => coloured_half_blocks(&matrix)?,
        (true, false) => coloured_spaces(&matrix),
        (false, half_blocks) => plain(&matrix, half_blocks, terminal.dark),
    }))
}

fn matrix(data: &str) -> Result<Matrix<Color>, QrError> {
    // The lowest error correction: a screen is never dirty, and a usual key then fits into a
    // terminal of 24 rows with the prompt below it.
    let code = QrCode::with_error_correction_level(data, EcLevel::L).map_err(QrError::of)?;
    let mut matrix = Matrix::new(code.to_colors());
    matrix.surround(QUIET_ZONE, QrLight);
    Ok(matrix)
}

/// One character for two modules, above each other.
fn coloured_half_blocks(matrix: &Matrix<Color>) -> Result<String, QrError> {
    let mut drawn = Vec::new();
    // crossterm leaves the colours out under NO_COLOR; here they are no decoration.
    crossterm::style::force_color_output(true);
    let done = Renderer::default().render(matrix, &mut drawn);
    crossterm::style::force_color_output(false);
    done.map_err(QrError::of)?;
    String::from_utf8(drawn).map_err(QrError::of)
}

/// Two spaces for each module, coloured: nothing but ASCII on the wire.
fn coloured_spaces(matrix: &Matrix<Color>) -> String {
    let mut text = String::new();
    for row in rows(matrix) {
        for module in row {
            text.push_str(match module {
                QrDark => "\x1b[40m  ",
                QrLight => "\x1b[107m  ",
            });
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

fn rows(matrix: &Matrix<Color>) -> impl Iterator<Item = &[Color]> {
    matrix.pixels().chunks(matrix.size().max(1))
}

fn plain(matrix: &Matrix<Color>, half_blocks: bool, dark: Option<bool>) -> String {
    let draw = |dark_background| {
        if half_blocks {
            plain_half_blocks(matrix, dark_background)
        } else {
            plain_ascii(matrix, dark_background)
        }
    };
    match dark {
        Some(dark) => draw(dark),
        None => format!(
            "On a dark background, scan this one:\n{}\nOn a light background, scan this one:\n{}",
            draw(true),
            draw(false)
        ),
    }
}

/// Half blocks without colours; what is inked are the light modules on a dark background, and
/// the dark ones on a light background.
fn plain_half_blocks(matrix: &Matrix<Color>, dark_background: bool) -> String {
    let all: Vec<&[Color]> = rows(matrix).collect();
    let inked = |module: Option<&Color>| module.is_some_and(|m| (*m == QrLight) == dark_background);
    let mut text = String::new();
    for pair in all.chunks(2) {
        for column in 0..matrix.size() {
            let upper = inked(pair[0].get(column));
            let lower = inked(pair.get(1).and_then(|row| row.get(column)));
            text.push(match (upper, lower) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push('\n');
    }
    text
}

fn plain_ascii(matrix: &Matrix<Color>, dark_background: bool) -> String {
    let mut text = String::new();
    for row in rows(matrix) {
        for module in row {
            let inked = (*module == QrLight) == dark_background;
            text.push_str(if inked { "##" } else { "  " });
        }
        text.push('\n');
    }
    text
}

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
    let matrix = matrix(data)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "otpauth://totp/Scaleway:owner@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Scaleway";

    fn terminal(columns: usize) -> Terminal {
        Terminal {
            escapes: true,
            utf8: true,
            columns: Some(columns),
            dark: None,
        }
    }

    #[test]
    fn the_code_is_never_wrapped() {
        let ScreenQr::Text(_) = on_screen(URI, QrChoice::Auto, &terminal(80)).unwrap() else {
            panic!("it fits into 80 columns");
        };
        let ScreenQr::TooNarrow {
            needed,
            columns: 40,
        } = on_screen(URI, QrChoice::Auto, &terminal(40)).unwrap()
        else {
            panic!("it does not fit into 40 columns");
        };
        let exact = on_screen(URI, QrChoice::Auto, &terminal(needed)).unwrap();
        assert!(matches!(exact, ScreenQr::Text(_)));
        let ascii = on_screen(URI, QrChoice::Ascii, &terminal(needed)).unwrap();
        assert!(matches!(ascii, ScreenQr::TooNarrow { .. }));
    }

    #[test]
    fn ascii_is_ascii_and_a_dumb_terminal_gets_no_escape() {
        for (escapes, choice) in [(true, QrChoice::Ascii), (false, QrChoice::Ascii)] {
            let terminal = Terminal {
                escapes,
                ..terminal(200)
            };
            let ScreenQr::Text(text) = on_screen(URI, choice, &terminal).unwrap() else {
                panic!("it fits");
            };
            assert!(text.is_ascii());
            assert_eq!(text.contains('\x1b'), escapes);
        }
        let dumb = Terminal {
            escapes: false,
            dark: Some(true),
            ..terminal(80)
        };
        let ScreenQr::Text(text) = on_screen(URI, QrChoice::Auto, &dumb).unwrap() else {
            panic!("it fits");
        };
        assert!(!text.contains('\x1b') && text.contains('█'));
    }
}
