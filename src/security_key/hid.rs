//! Keys in the USB ports of this machine. The only file that names hidapi.

use super::{KeyError, SecurityKey};

/// The one key that is plugged in, ready to be asked.
///
/// # Errors
/// [`KeyError`]: none, several, or one that cannot be opened.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn plugged_in() -> Result<SecurityKey, KeyError> {
    Err(KeyError::NoPlatform)
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(crate) use usb::plugged_in;

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod usb {
    use std::{ffi::CStr, time::Duration};

    use hidapi::{DeviceInfo, HidApi, HidDevice};

    use super::{KeyError, SecurityKey};
    use crate::{
        model::clean,
        security_key::frames::{Channel, REPORT, Reports},
    };

    /// What a FIDO key says that it is for (CTAP 2.1 §11.2.8.1).
    const FIDO: (u16, u16) = (0xf1d0, 0x01);

    /// The one key that is plugged in, ready to be asked.
    ///
    /// # Errors
    /// [`KeyError`]: none, several, or one that cannot be opened.
    pub(crate) fn plugged_in() -> Result<SecurityKey, KeyError> {
        // Where the system cannot list devices there is no key that it could open.
        let api = HidApi::new().map_err(|_| KeyError::NoKey)?;
        let mut keys: Vec<&DeviceInfo> = api
            .device_list()
            .filter(|found| (found.usage_page(), found.usage()) == FIDO)
            .collect();
        keys.sort_by_key(|key| key.path());
        keys.dedup_by_key(|key| key.path());
        let key = match keys[..] {
            [] => return Err(KeyError::NoKey),
            [key] => key,
            [..] => {
                return Err(KeyError::SeveralKeys {
                    names: keys.iter().map(|key| name(key)).collect(),
                });
            }
        };
        may_open(key.path())?;
        let device = api
            .open_path(key.path())
            .map_err(|err| KeyError::NotOpened {
                path: shown(key.path()),
                reason: clean(&err.to_string()),
            })?;
        let nonce = uuid::Uuid::new_v4().as_u64_pair().0.to_be_bytes();
        let channel = Channel::open(Usb(device), nonce)?;
        SecurityKey::new(Box::new(channel), name(key))
    }

    /// What a key calls itself.
    fn name(key: &DeviceInfo) -> String {
        let product = key.product_string().map(clean).unwrap_or_default();
        if product.is_empty() {
            "Security key".to_owned()
        } else {
            product
        }
    }

    fn shown(path: &CStr) -> String {
        clean(&path.to_string_lossy())
    }

    /// Whether this user may open the file of a device. hidapi tells a refusal in words alone.
    fn may_open(path: &CStr) -> Result<(), KeyError> {
        if cfg!(not(target_os = "linux")) {
            // What hidapi calls a path there is none of the file system.
            return Ok(());
        }
        let path = shown(path);
        match std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
        {
            Ok(_) => Ok(()),
            Err(err) if err.kind() == std::io::ErrorKind::PermissionDenied => {
                Err(KeyError::NoPermission { path })
            }
            Err(err) => Err(KeyError::NotOpened {
                path,
                reason: err.to_string(),
            }),
        }
    }

    /// A device, as hidapi opened it.
    struct Usb(HidDevice);

    impl Reports for Usb {
        fn write(&mut self, report: &[u8; REPORT]) -> Result<(), KeyError> {
            // A key has no numbered reports, which hidapi wants to be told by a byte before them.
            let mut numbered = [0; REPORT + 1];
            numbered[1..].copy_from_slice(report);
            self.0.write(&numbered).map_err(|_| KeyError::Unplugged)?;
            Ok(())
        }

        fn read(&mut self, wait: Duration) -> Result<Option<[u8; REPORT]>, KeyError> {
            let mut report = [0; REPORT];
            let milliseconds = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
            let read = self.0.read_timeout(&mut report, milliseconds);
            match read.map_err(|_| KeyError::Unplugged)? {
                0 => Ok(None),
                REPORT => Ok(Some(report)),
                _ => Err(KeyError::Unexpected("a report is too short")),
            }
        }
    }
}
