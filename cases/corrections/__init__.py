"""A fact that was recorded wrongly is corrected by a new fact. What was entered stays readable for ever."""
