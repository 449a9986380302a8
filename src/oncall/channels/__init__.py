"""Ways to reach people: SMS and calls through Twilio, an outbox for rehearsals, mail, and alarms to operators."""
