"""Whether REX can do its work: readiness, queues, workers and the timetable."""
