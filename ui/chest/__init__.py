"""Pages on chest films: read one, look inside the network, change the film, read it before the network does.

``film_store`` reads films and keeps what networks made of them; every other module has the parts of one page, or what
several of these pages show: ``prediction_scale``, ``overlay`` and ``map_checks``.
"""
