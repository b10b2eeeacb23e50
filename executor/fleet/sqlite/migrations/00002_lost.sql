-- +goose Up
-- Runs right before the one that somebody works on whose holders died.
ALTER TABLE jobs ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
