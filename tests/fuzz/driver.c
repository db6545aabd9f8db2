/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target as an ordinary program, for make check and for compilers without a fuzzer: replays
 * the corpus (files of commented hex text), then inputs made from it by a fixed random sequence.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/hex.h"

enum { INPUT_MAX = 4096, CORPUS_MAX = 64, ROUNDS = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct input {
    uint8_t octets[INPUT_MAX];
    size_t size;
} input;

static uint32_t seed = 1;

static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(seed >> 4) * below) >> 28);
}

static void run(const input *in)
{
    uint8_t *copy = exact_copy(in->octets, in->size);
    LLVMFuzzerTestOneInput(copy, in->size);
    free(copy);
}

static void load(const char *path, input *in)
{
    static char text[4 * INPUT_MAX];
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(1);
    }
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    in->size = hex_octets(text, in->octets, sizeof in->octets);
}

static void mutate(input *in)
{
    for (uint32_t i = next_random(8); i-- > 0 && in->size > 0;)
        in->octets[next_random((uint32_t)in->size)] = (uint8_t)next_random(256);
    if (next_random(4) == 0)
        in->size = next_random((uint32_t)in->size + 1);
    while (next_random(4) == 0 && in->size < INPUT_MAX)
        in->octets[in->size++] = (uint8_t)next_random(256);
}

int main(int argc, char **argv)
{
    static input corpus[CORPUS_MAX], changed;
    int count = 0;
    for (int i = 1; i < argc && count < CORPUS_MAX; i++) {
        load(argv[i], &corpus[count]);
        run(&corpus[count++]);
    }
    if (count == 0) {
        fprintf(stderr, "no corpus given\n");
        return 1;
    }
    for (int i = 0; i < ROUNDS; i++) {
        changed = corpus[next_random((uint32_t)count)];
        mutate(&changed);
        run(&changed);
    }
    printf("%d inputs of the corpus, %d made from them\n", count, ROUNDS);
    return 0;
}
