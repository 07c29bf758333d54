-- What was answered, from which editions, with which verdict. Never the words of the question: they may
-- speak of a patient. Instants are RFC 3339 in UTC with milliseconds, so that they sort as text.
CREATE TABLE answers (
    id TEXT PRIMARY KEY,
    asked_at TEXT NOT NULL,
    door TEXT NOT NULL,
    date_of_service TEXT NOT NULL,
    outcome TEXT NOT NULL,
    abstention TEXT,
    writer TEXT NOT NULL,
    model TEXT,
    prompt_id TEXT,
    prompt_digest TEXT,
    shown INTEGER NOT NULL,
    withheld INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX answers_by_time ON answers (asked_at);

-- The editions that an answer rests on, so that "which answers used the release that was recalled" is one
-- question.
CREATE TABLE answer_editions (
    answer TEXT NOT NULL REFERENCES answers ON DELETE CASCADE,
    position INTEGER NOT NULL,
    edition TEXT NOT NULL,
    PRIMARY KEY (answer, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_by_edition ON answer_editions (edition);
