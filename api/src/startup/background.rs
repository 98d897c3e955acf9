//! The service in a thread of its own: for the demo and for tests.

use super::{StartError, build};
use crate::{clock::Clock, settings::Settings, state::AppState};
use actix_web::{dev::ServerHandle, web::Data};
use std::{io, net::SocketAddr, sync::mpsc, thread};
use tokio::signal::unix::{SignalKind, signal};

/// A service that runs in a thread of its own: for the demo and for tests.
#[derive(Debug)]
pub struct InBackground {
    /// Where it listens.
    pub address: SocketAddr,
    /// What handlers use too: the clock, the tokens.
    pub state: Data<AppState>,
    handle: ServerHandle,
    thread: Option<thread::JoinHandle<Result<(), StartError>>>,
}

/// Starts the service in a thread of its own and returns once it listens.
///
/// # Errors
/// When it cannot start.
pub fn in_background(settings: &Settings, clock: Clock) -> Result<InBackground, StartError> {
    let (settings, (tell, told)) = (settings.clone(), mpsc::channel());
    let thread = thread::Builder::new().name("xueshi".into()).spawn(move || {
        actix_web::rt::System::new().block_on(async {
            match build(&settings, clock) {
                Ok(running) => {
                    let _ = tell.send(Ok((running.address, running.state.clone(), running.handle())));
                    running.finished().await
                }
                Err(error) => {
                    let _ = tell.send(Err(error));
                    Ok(())
                }
            }
        })
    })?;
    let gone = || StartError::Server(io::Error::other("the service's thread ended before it listened"));
    let (address, state, handle) = told.recv().map_err(|_| gone())??;
    Ok(InBackground { address, state, handle, thread: Some(thread) })
}

impl InBackground {
    /// Stops the service; a graceful stop lets requests in flight finish.
    ///
    /// # Errors
    /// When the server had broken off.
    pub fn stop(mut self, graceful: bool) -> Result<(), StartError> {
        // The command is sent at once; the future only waits for what `join` waits for as well.
        drop(self.handle.stop(graceful));
        self.wait()
    }

    /// Keeps serving until SIGTERM or SIGINT, then stops in good order. Must not be called inside an actix system.
    ///
    /// # Errors
    /// When the server breaks off, or signals cannot be heard.
    pub fn until_signal(mut self) -> Result<(), StartError> {
        let handle = self.handle.clone();
        actix_web::rt::System::new().block_on(async {
            let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            handle.stop(true).await;
            Ok::<(), io::Error>(())
        })?;
        self.wait()
    }

    /// Waits until the service ends by itself.
    ///
    /// # Errors
    /// When the server breaks off.
    pub fn wait(&mut self) -> Result<(), StartError> {
        match self.thread.take().map(thread::JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(_)) => Err(StartError::Server(io::Error::other("the service's thread panicked"))),
            None => Ok(()),
        }
    }
}

impl Drop for InBackground {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        let _ = self.wait();
    }
}
