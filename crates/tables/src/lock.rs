//! One load into a folder at a time.

use crate::error::TablesError;
use std::fs::{self, File, TryLockError};
use std::path::Path;

/// The right to load editions into a folder, held until it is dropped or its process ends.
///
/// Writing one edition needs no lock, and reading needs none at all. A load does, because it compares what is
/// there with what it brings, and publishes only minutes later.
#[derive(Debug)]
pub struct LoadLock(#[expect(dead_code, reason = "closing the file opens the lock")] File);

impl LoadLock {
    /// Takes the lock of `folder`, which is made if need be.
    ///
    /// # Errors
    /// [`TablesError::LoadUnderWay`] while somebody else holds it.
    pub fn take(folder: &Path) -> Result<Self, TablesError> {
        fs::create_dir_all(folder).map_err(TablesError::io(folder))?;
        let path = folder.join(NAME);
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(TablesError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(TablesError::LoadUnderWay(folder.to_owned())),
            Err(TryLockError::Error(error)) => Err(TablesError::io(&path)(error)),
        }
    }
}

const NAME: &str = ".load.lock";
