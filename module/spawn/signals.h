/* SPDX-License-Identifier: GPL-2.0-only */
/* What a spawn kernel and its host tell each other: signs of life, the last word, requests. */
#ifndef MK_MODULE_SPAWN_SIGNALS_H
#define MK_MODULE_SPAWN_SIGNALS_H

int spawn_signals_init(void);
void spawn_signals_exit(void);

/* Tells the host where this kernel is rung, or that it no longer can be. Context: any. */
void spawn_signals_publish_bell(void);
void spawn_signals_hide_bell(void);

/* The host rang: it may have a request. Context: hard interrupt. */
void spawn_signals_rung(void);

#endif
