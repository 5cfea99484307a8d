"""A digital skin twin: faces and skin drawn from parameters, so that every change is known exactly."""
