//! From settings to a running service, and from a signal to an orderly end. Tests start the service by the same function.

mod background;
mod keys;
mod listening;

pub use background::{InBackground, in_background};

use crate::{
    access::{Access, KeySource},
    audit::{Journal, Scribe},
    auth::{Tokens, TokensError},
    clock::Clock,
    edge::edge,
    hour_ledger::LabelBook,
    idempotency::UnderWay,
    keys::{DataKeys, KeysError, Maker},
    lane::Lane,
    metrics::Metrics,
    openapi::{self, Contract},
    policy::{self, RuleBooks},
    problem::{Kind, Problem},
    production::{self, Mode, Unsafe},
    quota::Quotas,
    routes,
    settings::Settings,
    state::AppState,
    tls::{self, TlsError},
    work::Runner,
};
use actix_web::{
    App, Error as ActixError, HttpServer,
    body::MessageBody,
    dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web,
    web::Data,
};
use domain::registry::{DatedCode, PlaceNode};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};
use store::{Store, StoreError, StoreOptions, registry::load_places};
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::SwaggerUi;

/// Why the service cannot start or had to end.
#[derive(Debug, Error)]
pub enum StartError {
    /// The data keys cannot be used.
    #[error("{0}{hint}", hint = if matches!(.0, KeysError::File { .. }) { "; `--create-keys` makes missing keys" } else { "" })]
    Keys(#[from] KeysError),
    /// The service key cannot be used.
    #[error("{0}; `--create-keys` makes missing keys")]
    Tokens(#[from] TokensError),
    /// The database cannot be opened.
    #[error("database: {0}")]
    Store(#[from] StoreError),
    /// Files of certificates and keys cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It is for production, and not safe.
    #[error(transparent)]
    Unsafe(#[from] Unsafe),
    /// The database has an older schema.
    #[error("the database's schema is older than this program; run `xueshi migrate` first, or serve with `--migrate`")]
    Behind,
    /// The database could not be given its places and rules, or holds rules that this program cannot read.
    #[error("rule book: {0}")]
    Rules(#[from] policy::FillError),
    /// The keys are not those of the database: nobody in it would be found, and be registered twice.
    #[error(
        "{path} does not belong to this database: it was filled with other keys named {ids}; start with the keys it was filled with"
    )]
    OtherKeys {
        /// The file.
        path: String,
        /// The ids of the keys.
        ids: String,
    },
    /// Keys are not there on which the database depends.
    #[error(
        "{path} has no keys {ids}, on which this database depends; put them back, and see `xueshi keys status` before taking any out"
    )]
    MissingKeys {
        /// The file.
        path: String,
        /// The ids of the keys.
        ids: String,
    },
    /// The counts cannot be set up.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        reason: io::Error,
    },
    /// The server broke off.
    #[error("the server ended: {0}")]
    Server(#[from] io::Error),
}

/// A service that listens already.
pub struct Running {
    /// Where it listens; the real port where the settings said 0.
    pub address: SocketAddr,
    /// What handlers use too: the clock, the tokens.
    pub state: Data<AppState>,
    server: Server,
    handle: ServerHandle,
    runner: Option<Runner>,
    scribe: Scribe,
}

/// How long a connection may lie idle: longer than a proxy keeps its own (nginx: 60 s), so that no request meets a closing one.
const IDLE_TIME: Duration = Duration::from_secs(75);

/// Opens what the settings name, and the address. Must be called inside an actix system.
///
/// # Errors
/// Says what cannot be opened and why.
pub fn build(settings: &Settings, clock: Clock) -> Result<Running, StartError> {
    // What needs no database comes first: a start that fails leaves no database behind.
    let unheard = |reason| StartError::Listen { address: settings.listen, reason };
    drop(TcpListener::bind(settings.listen).map_err(unheard)?);
    if settings.create_keys {
        let maker = if settings.mode == Mode::Demo { Maker::Demo } else { Maker::Operator };
        Tokens::create_key_if_missing(&settings.keys_dir, maker)?;
        if settings.data_keys.is_none() {
            DataKeys::create_if_missing(&settings.data_keys_file(), maker)?;
        }
    }
    let keys = settings.load_data_keys();
    let tokens = Tokens::load(&settings.keys_dir, &settings.token_issuer, &settings.token_audience);
    let files = TlsError::both(tls::config(settings), KeySource::of(&settings.key_fetching));
    let files = TlsError::both(files, tls::of_database(&settings.database_url));
    production::check(settings, &keys, &tokens, files.as_ref().err())?;
    let ((tls, key_source), ()) = files?;
    let (keys, tokens) = (Arc::new(keys?), tokens?);
    let store = open_store(settings)?;
    let (now, path) = (clock.now(), settings.data_keys_place());
    let (of, signing) = (Arc::clone(&keys), tokens.key_ids());
    let wrong = store.write_blocking(move |db| keys::check(db, &of, &signing, now))?;
    if !wrong.others.is_empty() {
        return Err(StartError::OtherKeys { path, ids: wrong.others.join(", ") });
    }
    if !wrong.missing.is_empty() {
        return Err(StartError::MissingKeys { path, ids: wrong.missing.join(", ") });
    }
    policy::fill(&store, clock.now())?;
    let rule_books = RuleBooks::default();
    store.read_blocking(|db| rule_books.current(db)).map_err(policy::FillError::from)?;
    let metrics = Metrics::new()?;
    let state = Data::new(AppState {
        store,
        rule_books,
        labels: LabelBook::default(),
        quotas: Quotas::new(settings.requests_a_minute, clock.clone())
            .trying(settings.unknown_documents_a_day, clock.clone())
            .searching(settings.name_searches_a_day, clock.clone()),
        rooms: crate::recognition::Rooms::default(),
        clock,
        keys,
        tokens,
        access: Access::default(),
        key_source,
        readiness: crate::health::Readiness::default(),
        public_url: settings.public_url.clone(),
        lane: Arc::new(Lane::new(settings.pushes, metrics.clone())),
        metrics,
        limits: settings.limits,
        journal: Journal::default(),
        under_way: UnderWay::default(),
        unmaskings_a_day: settings.unmaskings_a_day,
        audit_retention: settings.audit_retention,
        access_retention: settings.access_retention,
        repeats_retention: settings.repeats_retention,
        held_retention: settings.held_retention,
        changes_retention: settings.changes_retention,
    });
    let shared = state.clone();
    let contract = Data::new(Contract::of(&openapi::document()));
    let server = HttpServer::new(move || app(shared.clone(), contract.clone()))
        .workers(settings.workers)
        .client_request_timeout(settings.head_time)
        .client_disconnect_timeout(Duration::from_secs(5))
        .keep_alive(IDLE_TIME)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals();
    let listener = listening::listen(settings).map_err(unheard)?;
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls),
        None => server.listen(listener),
    };
    let server = server.map_err(unheard)?;
    let address = server.addrs().first().copied().unwrap_or(settings.listen);
    let server = server.run();
    let handle = server.handle();
    let runner = settings.run_worker.then(|| Runner::start(state.clone())).transpose()?;
    let scribe = Scribe::start(state.clone())?;
    Ok(Running { address, state, server, handle, runner, scribe })
}

/// The database that the settings name, with this program's schema.
///
/// # Errors
/// When it does not answer, or its schema is older and the settings do not say to migrate.
pub fn open_store(settings: &Settings) -> Result<Store, StartError> {
    let store = connect(settings)?;
    if settings.migrate {
        for version in store.migrate()? {
            log::info!(target: "xueshi::startup", version = version.as_str(); "migrated");
        }
    } else if store.is_behind()? {
        return Err(StartError::Behind);
    }
    Ok(store)
}

/// The database that the settings name, as it is: nothing is made and nothing migrated.
///
/// # Errors
/// When there is none, it does not answer, or its schema is older.
pub fn open_existing(settings: &Settings) -> Result<Store, StartError> {
    let file = settings.database_url.strip_prefix("sqlite://");
    if let Some(path) = file.filter(|path| !std::path::Path::new(path).exists()) {
        return Err(StoreError::Unavailable(format!("there is no file {path}")).into());
    }
    let store = connect(settings)?;
    if store.is_behind()? { Err(StartError::Behind) } else { Ok(store) }
}

fn connect(settings: &Settings) -> Result<Store, StartError> {
    production::check_database(settings)?;
    let connections = settings.database_connections;
    let options = StoreOptions {
        postgres_pool: connections,
        sqlite_readers: connections,
        acquire_timeout: settings.database_wait,
        answer_timeout: settings.answer_time,
        ..StoreOptions::default()
    };
    Ok(Store::connect(&settings.database_url, &options)?)
}

/// Brings the schema up to this program's; answers the versions applied now.
///
/// # Errors
/// When the database does not answer or a step fails.
pub fn migrate(settings: &Settings) -> Result<Vec<String>, StartError> {
    Ok(connect(settings)?.migrate()?)
}

/// Places, and the codes that lead to them.
pub(crate) type Places = (Vec<PlaceNode>, Vec<DatedCode>);

/// The places of the database that the settings name; none where it is not there yet, or has no schema of this program.
///
/// # Errors
/// When it does not answer.
pub(crate) fn places(settings: &Settings) -> Result<Option<Places>, StartError> {
    // To connect to an embedded database would make one.
    if settings.database_url.strip_prefix("sqlite://").is_some_and(|file| !Path::new(file).exists()) {
        return Ok(None);
    }
    let store = connect(settings)?;
    if store.is_behind()? {
        return Ok(None);
    }
    Ok(Some(store.read_blocking(load_places)?))
}

/// The application as every worker runs it.
pub fn app(
    state: Data<AppState>,
    contract: Data<Contract>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = ActixError,
        InitError = (),
    >,
> {
    let unreadable = |_: ActixError, _: &actix_web::HttpRequest| Problem::new(Kind::BadRequest).into();
    let (app, _) = App::new()
        .app_data(state)
        .app_data(contract)
        .app_data(web::PathConfig::default().error_handler(|_, _| Problem::new(Kind::NotFound).into()))
        .app_data(web::PayloadConfig::default())
        .app_data(web::FormConfig::default().error_handler(move |error, request| unreadable(error.into(), request)))
        .into_utoipa_app()
        .openapi(openapi::ApiDoc::openapi())
        .configure(routes::documented)
        .split_for_parts();
    app.service(routes::docs)
        .service(routes::docs_page)
        .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", openapi::document()))
        .default_service(web::to(routes::nowhere))
        .wrap(from_fn(edge))
}

impl Running {
    /// Serves until stopped. Requests in flight finish, within the settings' time; then the writes they queued.
    ///
    /// # Errors
    /// When the server breaks off.
    pub async fn finished(self) -> Result<(), StartError> {
        let ended = self.server.await;
        // The runner ends its step in hand and gives the rest of its work back, both by writes, so before the store takes no
        // more.
        drop(self.runner);
        // No request is left that could be refused, or be shown anything.
        drop(self.scribe);
        self.state.store.shutdown();
        ended?;
        Ok(())
    }

    /// A way to stop the service from elsewhere.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }
}

/// Serves in this thread until SIGTERM or SIGINT.
///
/// # Errors
/// When the service cannot start or breaks off.
pub fn serve(settings: &Settings, clock: Clock) -> Result<(), StartError> {
    actix_web::rt::System::new().block_on(async {
        let running = build(settings, clock)?;
        log::info!(target: "xueshi::startup", address = running.address.to_string().as_str(); "listening");
        stop_on_signal(running.handle())?;
        running.finished().await?;
        log::info!(target: "xueshi::startup", "stopped");
        Ok(())
    })
}

fn stop_on_signal(handle: ServerHandle) -> Result<(), io::Error> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        log::info!(target: "xueshi::startup", "stopping: requests in flight finish");
        handle.stop(true).await;
    });
    Ok(())
}
