/* SPDX-License-Identifier: MIT */
/*
 * Decides what is said about an option that does not exist, or lacks its value.
 */
#include "command_line.h"

#include <string.h>

enum { NEAR = 2 /* letters that must agree */, LETTERS = 256 };

const command_choice *command_line_find(const command_line *c, int letter)
{
    for (size_t i = 0; i < c->choice_count; i++)
        if (c->choices[i].letter == letter)
            return &c->choices[i];
    return NULL;
}

void command_line_getopt(const command_line *c, command_getopt *out)
{
    char *letters = out->letters;
    struct option *longs = out->longs;
    *letters++ = ':';
    for (size_t i = 0; i < c->choice_count; i++) {
        const command_choice *choice = &c->choices[i];
        if (choice->letter < LETTERS)
            *letters++ = (char)choice->letter;
        if (choice->letter < LETTERS && choice->value)
            *letters++ = ':';
        *longs++ = (struct option){choice->name,
                                   choice->value ? required_argument : no_argument, NULL,
                                   choice->letter};
    }
    *letters = '\0';
    for (size_t i = 0; i < c->alias_count; i++)
        *longs++ = (struct option){c->aliases[i].name, no_argument, NULL, c->aliases[i].letter};
    *longs = (struct option){0};
}

/* By letter, or by the name of a long option when letter is 0. */
static const char *hint_for(const command_line *c, int letter, const char *name)
{
    for (size_t i = 0; i < c->stranger_count; i++) {
        const command_stranger *s = &c->strangers[i];
        if (letter ? s->letter == letter : s->name && strcmp(s->name, name) == 0)
            return s->hint;
    }
    return NULL;
}

/* Whoever mistypes a name mostly has its first letters right. */
static const char *nearest_long(const command_line *c, const char *word)
{
    const char *best = NULL;
    size_t most = NEAR - 1;
    for (size_t i = 0; i < c->choice_count; i++) {
        const char *name = c->choices[i].name;
        size_t same = 0;
        while (word[same] && word[same] == name[same])
            same++;
        if (same > most) {
            most = same;
            best = name;
        }
    }
    return best;
}

const char *command_line_shown(const char *word, char *out, size_t size)
{
    size_t n = 0;
    for (; *word && n + 1 < size; word++)
        out[n++] = *word >= ' ' && *word <= '~' ? *word : '?';
    out[n] = '\0';
    return out;
}

/* The name of a long option, up to "=" and cut to size; "" for anything else. */
static const char *long_name(const char *word, char *out, size_t size)
{
    size_t n = strncmp(word, "--", 2) == 0 ? strcspn(word + 2, "=") : 0;
    n = n < size ? n : size - 1;
    memcpy(out, n ? word + 2 : "", n);
    out[n] = '\0';
    return out;
}

options_result command_line_wrong(const command_line *c, int letter, const char *word, FILE *err)
{
    char one[2] = {(char)letter, '\0'}, name[COMMAND_WORD], text[COMMAND_WORD];
    long_name(letter && letter < LETTERS ? "" : word, name, sizeof name);
    const char *hint = hint_for(c, letter, name);
    const char *near = name[0] ? nearest_long(c, name) : NULL;
    if (hint)
        fprintf(err, "%s: %s\n", c->tool, hint);
    else if (letter && command_line_find(c, letter))
        fprintf(err, "%s: --%s takes no value\n", c->tool, command_line_find(c, letter)->name);
    else if (letter)
        fprintf(err, "%s: there is no option -%s: see %s --help\n", c->tool,
                command_line_shown(one, text, sizeof text), c->tool);
    else if (near)
        fprintf(err, "%s: there is no option %s: did you mean --%s\n", c->tool,
                command_line_shown(word, text, sizeof text), near);
    else
        fprintf(err, "%s: there is no option %s: see %s --help\n", c->tool,
                command_line_shown(word, text, sizeof text), c->tool);
    return OPTIONS_WRONG;
}

options_result command_line_missing(const command_line *c, int letter, FILE *err)
{
    const command_choice *choice = command_line_find(c, letter);
    fprintf(err, "%s: --%s needs a value: ", c->tool, choice->name);
    if (letter < LETTERS)
        fprintf(err, "-%c %s, ", letter, choice->value);
    fprintf(err, "--%s=%s\n", choice->name, choice->value);
    return OPTIONS_WRONG;
}

void command_line_help(const command_line *c, const char *group, FILE *out)
{
    fprintf(out, "\n%s\n", group);
    for (size_t i = 0; i < c->choice_count; i++) {
        const command_choice *choice = &c->choices[i];
        char left[COMMAND_WORD], letter[] = {'-', (char)choice->letter, ',', ' ', '\0'};
        if (choice->group != group)
            continue;
        snprintf(left, sizeof left, "%s--%s%s%s", choice->letter < LETTERS ? letter : "    ",
                 choice->name, choice->value ? " " : "", choice->value ? choice->value : "");
        fprintf(out, "    %-28s %s\n", left, choice->help);
    }
}
