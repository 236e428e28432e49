//! Connections: each request is answered by a thread, so that one which takes long holds up no other.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use hyper::{Request, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, runtime::Builder, sync::Semaphore, task::spawn_blocking, time::sleep};

use super::{
    answer::{Answer, refusal},
    guard::Guard,
    site::Site,
};

/// Threads that answer.
const THREADS: usize = 8;

/// Connections at a time; others wait.
const CONNECTIONS: usize = 256;

/// A connection that says nothing for so long is closed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers until the process ends.
///
/// # Errors
/// The system gives no thread or no socket.
pub fn serve(listener: TcpListener, guard: Guard, site: Site) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(THREADS).build()?;
    let served = Arc::new((guard, site));
    listener.set_nonblocking(true)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let room = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
            match listener.accept().await {
                Ok((stream, _)) => {
                    let served = Arc::clone(&served);
                    tokio::spawn(async move {
                        connected(stream, served).await;
                        drop(room);
                    });
                }
                // Too many open files, or a connection that is gone already: others may go on.
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    })
}

/// Answers the requests of a connection.
async fn connected(stream: TcpStream, served: Arc<(Guard, Site)>) {
    let Ok(local) = stream.local_addr() else { return };
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answered(request, local.ip(), Arc::clone(&served)));
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    // The other side is gone, or speaks no HTTP: there is nobody to tell.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn answered(
    request: Request<Incoming>,
    local: IpAddr,
    served: Arc<(Guard, Site)>,
) -> Result<Answer, Infallible> {
    let (parts, _) = request.into_parts();
    let answer = spawn_blocking(move || {
        let (guard, site) = &*served;
        guard.refused(&parts, local).unwrap_or_else(|| site.answer(&parts.uri))
    });
    Ok(answer.await.unwrap_or_else(|fault| {
        refusal(StatusCode::INTERNAL_SERVER_ERROR, &format!("a fault inside the host: {fault}"))
    }))
}
