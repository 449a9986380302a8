"""Ways to reach people: SMS and calls through Twilio, an outbox for rehearsals, and alarms to operators."""
