"""The version that dbt asks an adapter for."""

version = "1.0.0"
