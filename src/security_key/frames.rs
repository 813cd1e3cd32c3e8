//! CTAPHID: messages to and from a key in reports of 64 bytes (CTAP 2.1 §11.2).

use std::time::{Duration, Instant};

use super::{Device, KeyError, Wait};

/// The bytes of a report, which every key has (§11.2.4).
pub(super) const REPORT: usize = 64;
/// The longest message (§11.2.4): 57 bytes and 128 times 59.
const LONGEST: usize = 57 + 128 * 59;
/// The channel of whoever has none yet (§11.2.3).
const BROADCAST: [u8; 4] = [0xff; 4];

/// The commands (§11.2.9), with the bit that marks the first report of a message.
const INIT: u8 = 0x86;
const CBOR: u8 = 0x90;
const CANCEL: u8 = 0x91;
const KEEPALIVE: u8 = 0xbb;
const ERROR: u8 = 0xbf;

/// `ERR_CHANNEL_BUSY` (§11.2.9.1.6).
const CHANNEL_BUSY: u8 = 0x06;
/// The bit of the capabilities that tells of CTAP2 (§11.2.9.1.3).
const CAPABILITY_CBOR: u8 = 0x04;

/// How long one wait for a report lasts: a request to end is seen after that.
const STEP: Duration = Duration::from_millis(100);
/// How long a key may say nothing. A busy one tells that it lives every 100 ms (§11.2.9.1.7).
const SILENCE: Duration = Duration::from_secs(3);
/// How long a key has to take a request back.
const END: Duration = Duration::from_secs(1);
/// How often a key that is busy with another program is asked again, one [`STEP`] later each time.
const TRIES: usize = 20;

/// Reports to and from a device.
pub(super) trait Reports: Send {
    /// Sends a report.
    fn write(&mut self, report: &[u8; REPORT]) -> Result<(), KeyError>;

    /// The next report, or nothing where none comes in this time.
    fn read(&mut self, wait: Duration) -> Result<Option<[u8; REPORT]>, KeyError>;
}

/// A channel to a key that speaks CTAP2.
#[derive(Debug)]
pub(super) struct Channel<R> {
    reports: R,
    id: [u8; 4],
}

/// One report that is for this channel.
enum Frame {
    First {
        command: u8,
        length: usize,
        data: [u8; REPORT - 7],
    },
    Next {
        number: u8,
        data: [u8; REPORT - 5],
    },
}

impl<R: Reports> Channel<R> {
    /// Asks a key for a channel. `nonce` tells the answer from the one to another program.
    ///
    /// # Errors
    /// [`KeyError::U2fOnly`] where the key does not know CTAP2, and what a key can fail with.
    pub(super) fn open(reports: R, nonce: [u8; 8]) -> Result<Self, KeyError> {
        let mut channel = Self {
            reports,
            id: BROADCAST,
        };
        channel.send(INIT, &nonce)?;
        let wait = Wait::for_at_most(SILENCE);
        loop {
            let answer = channel.receive(INIT, &wait)?;
            if answer.len() < 17 {
                return Err(KeyError::Unexpected("it gave no channel"));
            }
            if answer[..8] != nonce {
                continue;
            }
            channel.id.copy_from_slice(&answer[8..12]);
            return if answer[16] & CAPABILITY_CBOR == 0 {
                Err(KeyError::U2fOnly)
            } else {
                Ok(channel)
            };
        }
    }

    fn send(&mut self, command: u8, data: &[u8]) -> Result<(), KeyError> {
        let length = u16::try_from(data.len())
            .ok()
            .filter(|_| data.len() <= LONGEST)
            .ok_or(KeyError::Unexpected("the request is too long for it"))?;
        let mut report = [0; REPORT];
        report[..4].copy_from_slice(&self.id);
        report[4] = command;
        report[5..7].copy_from_slice(&length.to_be_bytes());
        let (first, rest) = data.split_at(data.len().min(REPORT - 7));
        report[7..7 + first.len()].copy_from_slice(first);
        self.reports.write(&report)?;
        for (number, part) in (0_u8..).zip(rest.chunks(REPORT - 5)) {
            let mut report = [0; REPORT];
            report[..4].copy_from_slice(&self.id);
            report[4] = number;
            report[5..5 + part.len()].copy_from_slice(part);
            self.reports.write(&report)?;
        }
        Ok(())
    }

    /// The next report for this channel; `None` where none came within one [`STEP`].
    fn frame(&mut self) -> Result<Option<Frame>, KeyError> {
        let Some(report) = self.reports.read(STEP)? else {
            return Ok(None);
        };
        if report[..4] != self.id {
            // Another program's.
            return Ok(None);
        }
        let number = report[4];
        Ok(Some(if number & 0x80 == 0 {
            let mut data = [0; REPORT - 5];
            data.copy_from_slice(&report[5..]);
            Frame::Next { number, data }
        } else {
            let mut data = [0; REPORT - 7];
            data.copy_from_slice(&report[7..]);
            Frame::First {
                command: number,
                length: usize::from(u16::from_be_bytes([report[5], report[6]])),
                data,
            }
        }))
    }

    /// The answer to `command`. A key that waits for its user says so again and again; it is let
    /// wait until `wait` is over, and then told to stop.
    fn receive(&mut self, command: u8, wait: &Wait) -> Result<Vec<u8>, KeyError> {
        let mut quiet_since = Instant::now();
        let mut silence = Duration::ZERO;
        let mut ending = None;
        loop {
            if ending.is_none() {
                ending = wait.is_over();
                if ending.is_some() {
                    self.send(CANCEL, &[])?;
                    silence = Duration::ZERO;
                    quiet_since = Instant::now();
                }
            }
            match (self.frame()?, &ending) {
                (
                    Some(Frame::First {
                        command: told,
                        length,
                        data,
                    }),
                    _,
                ) => match told {
                    KEEPALIVE => {
                        if ending.is_none() {
                            silence = Duration::ZERO;
                            quiet_since = Instant::now();
                            continue;
                        }
                    }
                    ERROR if data[0] == CHANNEL_BUSY => return Err(KeyError::Busy),
                    ERROR => return Err(KeyError::Unexpected("it did not take the message")),
                    told if told == command => {
                        let answer = self.rest(length, &data)?;
                        // 0x2d says that it took the request back; anything else came before that.
                        return match ending {
                            Some(why) if answer.first() == Some(&0x2d) => Err(why),
                            _ => Ok(answer),
                        };
                    }
                    _ => return Err(KeyError::Unexpected("it answers something else")),
                },
                // A part of a message whose beginning nobody saw.
                (Some(Frame::Next { .. }) | None, _) => {}
            }
            silence += STEP;
            let quiet = quiet_since.elapsed().max(silence);
            match &ending {
                Some(why) if quiet >= END => return Err(why.clone()),
                None if quiet >= SILENCE => return Err(KeyError::Silent),
                _ => {}
            }
        }
    }

    /// The whole message of `length` bytes that begins with `data`.
    fn rest(&mut self, length: usize, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        if length > LONGEST {
            return Err(KeyError::Unexpected("its answer is too long"));
        }
        let mut message = data[..length.min(data.len())].to_vec();
        let mut awaited = 0;
        let mut silence = Duration::ZERO;
        while message.len() < length {
            match self.frame()? {
                Some(Frame::Next { number, data }) if number == awaited => {
                    let missing = length - message.len();
                    message.extend_from_slice(&data[..missing.min(data.len())]);
                    awaited += 1;
                }
                Some(_) => return Err(KeyError::Unexpected("a part of its answer is missing")),
                None if silence >= SILENCE => return Err(KeyError::Silent),
                None => silence += STEP,
            }
        }
        Ok(message)
    }
}

impl<R: Reports> Device for Channel<R> {
    fn call(&mut self, request: &[u8], wait: &Wait) -> Result<Vec<u8>, KeyError> {
        for _ in 0..TRIES {
            self.send(CBOR, request)?;
            match self.receive(CBOR, wait) {
                Err(KeyError::Busy) => {
                    if let Some(why) = wait.is_over() {
                        return Err(why);
                    }
                    // A pause that ends where the other program's answer comes.
                    self.reports.read(STEP)?;
                }
                answer => return answer,
            }
        }
        Err(KeyError::Busy)
    }
}
