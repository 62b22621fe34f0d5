"""The Django project: settings, reference data, read models, management REST, admin and tasks."""
