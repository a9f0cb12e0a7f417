"""One file a verb of the API. `kctl.api.api.Api` is their front."""
