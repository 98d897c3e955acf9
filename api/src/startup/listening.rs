//! The socket on which the service listens.

use crate::settings::Settings;
use socket2::{Domain, Protocol, Socket, Type};
use std::{io, net::TcpListener, time::Duration};

/// How many connections may wait to be taken up.
const WAITING: i32 = 2048;

/// Listens at the address of the settings. Where the system is Linux, whoever takes nothing of an answer for so long as they say loses the
/// connection: what is unsent would else lie in memory, with its connection, for as long as they please.
///
/// # Errors
/// When the address cannot be had.
pub(super) fn listen(settings: &Settings) -> io::Result<TcpListener> {
    let address = settings.listen;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    end_where_nothing_is_taken(&socket, settings.taking_time)?;
    socket.bind(&address.into())?;
    socket.listen(WAITING)?;
    Ok(socket.into())
}

/// Connections have it from the socket on which they came (`tcp(7)`, `TCP_USER_TIMEOUT`).
#[cfg(target_os = "linux")]
fn end_where_nothing_is_taken(socket: &Socket, time: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(time))
}

#[cfg(not(target_os = "linux"))]
fn end_where_nothing_is_taken(_: &Socket, _: Duration) -> io::Result<()> {
    Ok(())
}
