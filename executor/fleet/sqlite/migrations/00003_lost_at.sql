-- +goose Up
-- When a run of the job was last found to be lost.
ALTER TABLE jobs ADD COLUMN lost_at INTEGER;
UPDATE jobs SET lost_at = (SELECT max(r.ended) FROM runs r WHERE r.job = jobs.name AND json_extract(r.outcome, '$.Reason') = 'lost');
