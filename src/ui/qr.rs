//! QR codes that a phone reads. The only file that names qr2term.

mod image;
mod screen;

use qr2term::{
    matrix::Matrix,
    render::{Color, QrDark, QrLight, Renderer},
};
use qrcode::{EcLevel, QrCode};

pub(crate) use image::{QrImage, image};
pub(crate) use screen::QrOnScreen;

/// The empty border that a reader needs, in modules (ISO/IEC 18004 §5.3.8 asks for four).
const QUIET_ZONE: usize = 4;
/// The border where four modules leave no room for the code. Phones and the readers of the tests
/// read it.
const NARROW_QUIET_ZONE: usize = 2;

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

/// How the modules become characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A half block for two modules above each other, in black and white.
    ColouredHalfBlocks,
    /// Two spaces for each module, on black or white: nothing but ASCII on the wire.
    ColouredFullBlocks,
    /// No colours: the terminal's own ink on its own background.
    Plain {
        /// The characters.
        shape: Shape,
        /// Whether the background is dark: the light modules are then the inked ones.
        dark: bool,
    },
}

/// The characters of a code without colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `▀`, `▄` and `█`.
    HalfBlocks,
    /// `██`.
    FullBlocks,
    /// `@@`: of the ASCII characters, readers take it best for a filled cell.
    Ascii,
}

impl Form {
    /// The columns and rows that so many modules take.
    fn size(self, modules: usize) -> (usize, usize) {
        match self {
            Self::ColouredHalfBlocks
            | Self::Plain {
                shape: Shape::HalfBlocks,
                ..
            } => (modules, modules.div_ceil(2)),
            _ => (modules * 2, modules),
        }
    }

    /// Whether every character is ASCII.
    fn is_ascii(self) -> bool {
        matches!(
            self,
            Self::ColouredFullBlocks
                | Self::Plain {
                    shape: Shape::Ascii,
                    ..
                }
        )
    }

    /// What people call it.
    fn name(self) -> &'static str {
        match self {
            Self::ColouredHalfBlocks
            | Self::Plain {
                shape: Shape::HalfBlocks,
                ..
            } => "half blocks",
            Self::ColouredFullBlocks
            | Self::Plain {
                shape: Shape::FullBlocks,
                ..
            } => "full blocks",
            Self::Plain {
                shape: Shape::Ascii,
                ..
            } => "ASCII characters",
        }
    }

    fn draw(self, matrix: &Matrix<Color>) -> Result<String, QrError> {
        match self {
            Self::ColouredHalfBlocks => coloured_half_blocks(matrix),
            Self::ColouredFullBlocks => Ok(coloured_spaces(matrix)),
            Self::Plain { shape, dark } => Ok(match shape {
                Shape::HalfBlocks => plain_half_blocks(matrix, dark),
                Shape::FullBlocks => plain_full(matrix, dark, "██"),
                Shape::Ascii => plain_full(matrix, dark, "@@"),
            }),
        }
    }
}

fn matrix(data: &str, quiet_zone: usize) -> Result<Matrix<Color>, QrError> {
    // The lowest error correction: a screen is never dirty, and a usual key then fits into a
    // terminal of 24 rows with the prompt below it.
    let code = QrCode::with_error_correction_level(data, EcLevel::L).map_err(QrError::of)?;
    let mut matrix = Matrix::new(code.to_colors());
    matrix.surround(quiet_zone, QrLight);
    Ok(matrix)
}

fn coloured_half_blocks(matrix: &Matrix<Color>) -> Result<String, QrError> {
    let mut drawn = Vec::new();
    // crossterm leaves the colours out under NO_COLOR; here they are no decoration.
    crossterm::style::force_color_output(true);
    let done = Renderer::default().render(matrix, &mut drawn);
    crossterm::style::force_color_output(false);
    done.map_err(QrError::of)?;
    String::from_utf8(drawn).map_err(QrError::of)
}

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

fn plain_half_blocks(matrix: &Matrix<Color>, dark_background: bool) -> String {
    let all: Vec<&[Color]> = rows(matrix).collect();
    // What lies below an odd last row belongs to the border.
    let inked = |module: Option<&Color>| (module != Some(&QrDark)) == dark_background;
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

/// Two characters for each module.
fn plain_full(matrix: &Matrix<Color>, dark_background: bool, ink: &str) -> String {
    let mut text = String::new();
    for row in rows(matrix) {
        for module in row {
            let inked = (*module == QrLight) == dark_background;
            text.push_str(if inked { ink } else { "  " });
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
