-- Who may call: the clients of other systems, the issuers whose tokens are taken, and what their officials were granted.

-- A system that asks for tokens at /v1/oauth/token. Its keys are public ones; scopes are words with a blank between.
-- Of its tokens only those hold that were issued from `tokens_from_at` on.
CREATE TABLE client (
    client_id UUID NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('platform', 'mini_program')),
    platform_id UUID REFERENCES learning_platform (platform_id),
    name TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    jwks TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ,
    tokens_from_at TIMESTAMPTZ
);

-- Secrets of a client, several at once, so that one can follow another. Only the SHA-256 of 32 random bytes is kept.
CREATE TABLE client_secret (
    secret_id UUID NOT NULL PRIMARY KEY,
    client_id UUID NOT NULL REFERENCES client (client_id),
    secret_hash BYTEA NOT NULL,
    from_at TIMESTAMPTZ NOT NULL,
    until_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL
);
CREATE INDEX client_secret_client ON client_secret (client_id);

-- Assertions that were used: each only once. A row goes some time after its assertion has expired, since clocks differ.
CREATE TABLE client_assertion (
    client_id UUID NOT NULL REFERENCES client (client_id),
    jti TEXT COLLATE "C" NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (client_id, jti)
);

-- Another system whose signed tokens are taken, with its public keys: given, or fetched from an address. Then `jwks` is what was
-- fetched last, nothing before the first time; `jwks_failures` counts what failed since, and `jwks_due_at` is the next attempt.
CREATE TABLE token_issuer (
    issuer_id UUID NOT NULL PRIMARY KEY,
    iss TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    names_learners BOOLEAN NOT NULL,
    names_officials BOOLEAN NOT NULL,
    algorithms TEXT COLLATE "C" NOT NULL,
    jwks TEXT COLLATE "C",
    jwks_uri TEXT COLLATE "C",
    jwks_fetched_at TIMESTAMPTZ,
    jwks_failed_at TIMESTAMPTZ,
    jwks_failure TEXT COLLATE "C" CHECK (jwks_failure IN ('no_certificates', 'name_not_found', 'address_not_allowed', 'unreachable',
        'timed_out', 'not_trusted', 'redirected', 'wrong_status', 'too_large', 'unusable_keys')),
    jwks_failures INTEGER NOT NULL,
    jwks_due_at TIMESTAMPTZ,
    longest_token_seconds INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ,
    CONSTRAINT keys_from_somewhere CHECK (jwks IS NOT NULL OR jwks_uri IS NOT NULL),
    CONSTRAINT fetched_by_address CHECK ((jwks_due_at IS NOT NULL) = (jwks_uri IS NOT NULL))
);

-- What an official of an issuer may do, by civil days. A token says who someone is, never what they may.
CREATE TABLE access_grant (
    grant_id UUID NOT NULL PRIMARY KEY,
    issuer_id UUID NOT NULL REFERENCES token_issuer (issuer_id),
    subject TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('employer_administrator', 'base_operator', 'sector_authority',
        'officer', 'system_administrator', 'security_administrator', 'audit_administrator')),
    place_code TEXT COLLATE "C" REFERENCES place (place_code),
    employer_id UUID REFERENCES employer (employer_id),
    base_id UUID REFERENCES training_base (base_id),
    series TEXT COLLATE "C",
    from_on DATE NOT NULL,
    until_on DATE,
    given_at TIMESTAMPTZ NOT NULL,
    given_by TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    CONSTRAINT place_of_role CHECK ((place_code IS NOT NULL) = (role IN ('officer', 'sector_authority'))),
    CONSTRAINT employer_of_role CHECK ((employer_id IS NOT NULL) = (role = 'employer_administrator')),
    CONSTRAINT base_of_role CHECK ((base_id IS NOT NULL) = (role = 'base_operator')),
    CONSTRAINT series_of_role CHECK ((series IS NOT NULL) = (role = 'sector_authority'))
);
CREATE INDEX access_grant_subject ON access_grant (issuer_id, subject);
CREATE TRIGGER access_grant_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_grant
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The end of a grant before its time: once.
CREATE TABLE access_grant_withdrawal (
    grant_id UUID NOT NULL PRIMARY KEY REFERENCES access_grant (grant_id),
    withdrawn_at TIMESTAMPTZ NOT NULL,
    withdrawn_by TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL
);
CREATE TRIGGER access_grant_withdrawal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_grant_withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
