-- Who may call: the clients of other systems, the issuers whose tokens are taken, and what their officials were granted.

-- A system that asks for tokens at /v1/oauth/token. Its keys are public ones; scopes are words with a blank between.
-- Of its tokens only those hold that were issued from `tokens_from_at` on.
CREATE TABLE client (
    client_id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('platform', 'mini_program')),
    platform_id BLOB REFERENCES learning_platform (platform_id),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    jwks TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    disabled_at INTEGER,
    tokens_from_at INTEGER,
    CONSTRAINT no_nul CHECK (instr(name || scopes || coalesce(jwks, '') || created_by, char(0)) = 0)
) STRICT;

-- Secrets of a client, several at once, so that one can follow another. Only the SHA-256 of 32 random bytes is kept.
CREATE TABLE client_secret (
    secret_id BLOB NOT NULL PRIMARY KEY,
    client_id BLOB NOT NULL REFERENCES client (client_id),
    secret_hash BLOB NOT NULL,
    from_at INTEGER NOT NULL,
    until_at INTEGER,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    CONSTRAINT no_nul CHECK (instr(created_by, char(0)) = 0)
) STRICT;
CREATE INDEX client_secret_client ON client_secret (client_id);

-- Assertions that were used: each only once. A row goes some time after its assertion has expired, since clocks differ.
CREATE TABLE client_assertion (
    client_id BLOB NOT NULL REFERENCES client (client_id),
    jti TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, jti),
    CONSTRAINT no_nul CHECK (instr(jti, char(0)) = 0)
) STRICT;

-- Another system whose signed tokens are taken, with its public keys: given, or fetched from an address. Then `jwks` is what was
-- fetched last, nothing before the first time; `jwks_failures` counts what failed since, and `jwks_due_at` is the next attempt.
CREATE TABLE token_issuer (
    issuer_id BLOB NOT NULL PRIMARY KEY,
    iss TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    audience TEXT NOT NULL,
    names_learners INTEGER NOT NULL CHECK (names_learners IN (0, 1)),
    names_officials INTEGER NOT NULL CHECK (names_officials IN (0, 1)),
    algorithms TEXT NOT NULL,
    jwks TEXT,
    jwks_uri TEXT,
    jwks_fetched_at INTEGER,
    jwks_failed_at INTEGER,
    jwks_failure TEXT CHECK (jwks_failure IN ('no_certificates', 'name_not_found', 'address_not_allowed', 'unreachable',
        'timed_out', 'not_trusted', 'redirected', 'wrong_status', 'too_large', 'unusable_keys')),
    jwks_failures INTEGER NOT NULL,
    jwks_due_at INTEGER,
    longest_token_seconds INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    disabled_at INTEGER,
    CONSTRAINT keys_from_somewhere CHECK (jwks IS NOT NULL OR jwks_uri IS NOT NULL),
    CONSTRAINT fetched_by_address CHECK ((jwks_due_at IS NOT NULL) = (jwks_uri IS NOT NULL)),
    CONSTRAINT no_nul CHECK (instr(iss || name || audience || algorithms || coalesce(jwks, '') || coalesce(jwks_uri, '') || created_by, char(0)) = 0)
) STRICT;

-- What an official of an issuer may do, by civil days. A token says who someone is, never what they may.
CREATE TABLE access_grant (
    grant_id BLOB NOT NULL PRIMARY KEY,
    issuer_id BLOB NOT NULL REFERENCES token_issuer (issuer_id),
    subject TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('employer_administrator', 'base_operator', 'sector_authority',
        'officer', 'system_administrator', 'security_administrator', 'audit_administrator')),
    place_code TEXT REFERENCES place (place_code),
    employer_id BLOB REFERENCES employer (employer_id),
    base_id BLOB REFERENCES training_base (base_id),
    series TEXT,
    from_on TEXT NOT NULL,
    until_on TEXT,
    given_at INTEGER NOT NULL,
    given_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT place_of_role CHECK ((place_code IS NOT NULL) = (role IN ('officer', 'sector_authority'))),
    CONSTRAINT employer_of_role CHECK ((employer_id IS NOT NULL) = (role = 'employer_administrator')),
    CONSTRAINT base_of_role CHECK ((base_id IS NOT NULL) = (role = 'base_operator')),
    CONSTRAINT series_of_role CHECK ((series IS NOT NULL) = (role = 'sector_authority')),
    CONSTRAINT no_nul CHECK (instr(subject || coalesce(series, '') || given_by || reason, char(0)) = 0)
) STRICT;
CREATE INDEX access_grant_subject ON access_grant (issuer_id, subject);
CREATE TRIGGER access_grant_no_update BEFORE UPDATE ON access_grant
BEGIN SELECT RAISE(ABORT, 'access_grant is append-only'); END;
CREATE TRIGGER access_grant_no_delete BEFORE DELETE ON access_grant
BEGIN SELECT RAISE(ABORT, 'access_grant is append-only'); END;

-- The end of a grant before its time: once.
CREATE TABLE access_grant_withdrawal (
    grant_id BLOB NOT NULL PRIMARY KEY REFERENCES access_grant (grant_id),
    withdrawn_at INTEGER NOT NULL,
    withdrawn_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT no_nul CHECK (instr(withdrawn_by || reason, char(0)) = 0)
) STRICT;
CREATE TRIGGER access_grant_withdrawal_no_update BEFORE UPDATE ON access_grant_withdrawal
BEGIN SELECT RAISE(ABORT, 'access_grant_withdrawal is append-only'); END;
CREATE TRIGGER access_grant_withdrawal_no_delete BEFORE DELETE ON access_grant_withdrawal
BEGIN SELECT RAISE(ABORT, 'access_grant_withdrawal is append-only'); END;
