CREATE INDEX index_tracking_events_on_tracking ON tracking_events (tracking);
