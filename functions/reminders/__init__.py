"""Reminders of use-by dates: claims users who are due, and sends one push notification per user and day."""
