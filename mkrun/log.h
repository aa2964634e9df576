/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that an engine reads why something was refused from. */
#ifndef MKRUN_LOG_H
#define MKRUN_LOG_H

#include "say.h"

#define LOG_SENTENCE 2048

/* Where, and whether in JSON; from --log and --log-format. */
extern const char *log_file;
extern bool log_json;

/* Puts a question mark for each character that is none of a text's, and the sentence into that file. */
void log_write(char *sentence);

/* cli_refuse(), and the same sentence into that file. */
int log_refuse(const char *format, ...) __printf(1, 2);

#endif
