"""What the jail can read about its own work: held hours, deadlines met, answer times, workload. No names, no case numbers."""
