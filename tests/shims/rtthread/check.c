/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <stdarg.h>
#include <string.h>

unsigned failed;

static unsigned faults;
static rw_status_t last_fault;
static char text[2048];
static size_t length;
static uint32_t seed = 2026;

void rw_on_fault(rw_status_t fault, const rw_object_t *object, const void *address)
{
    (void)object;
    (void)address;
    faults++;
    last_fault = fault;
}

bool one_fault(rw_status_t fault)
{
    const bool good = faults == 1U && last_fault == fault;
    faults = 0;
    return good;
}

bool no_fault(void)
{
    const bool good = faults == 0U;
    faults = 0;
    return good;
}

static void put(char character)
{
    if (length < sizeof text - 1U) {
        text[length++] = character;
    }
}

static void put_padded(const char *word, size_t size, size_t width, bool left, char pad)
{
    for (size_t i = size; !left && i < width; i++) {
        put(pad);
    }
    for (size_t i = 0; i < size; i++) {
        put(word[i]);
    }
    for (size_t i = size; left && i < width; i++) {
        put(' ');
    }
}

static void put_number(unsigned long number, size_t width, bool left, char pad)
{
    char digits[24];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10U);
        number /= 10U;
    } while (number != 0U);
    put_padded(digits + first, sizeof digits - first, width, left, pad);
}

/* A number of the format, or the argument that a * stands for. */
static size_t count_in(const char **format, va_list *arguments)
{
    if (**format == '*') {
        (*format)++;
        return (size_t)va_arg(*arguments, int);
    }
    size_t number = 0;
    while (**format >= '0' && **format <= '9') {
        number = number * 10U + (size_t)(*(*format)++ - '0');
    }
    return number;
}

/* As much of printf as the listings use: %s, %d, %lu, with -, 0, width and precision. */
int rt_kprintf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        format++;
        const bool left = *format == '-';
        format += left ? 1 : 0;
        const char pad = *format == '0' ? '0' : ' ';
        const size_t width = count_in(&format, &arguments);
        size_t precision = SIZE_MAX;
        if (*format == '.') {
            format++;
            precision = count_in(&format, &arguments);
        }
        if (*format == 's') {
            const char *word = va_arg(arguments, const char *);
            const size_t size = strlen(word);
            put_padded(word, size < precision ? size : precision, width, left, ' ');
        } else if (*format == 'd') {
            put_number((unsigned long)va_arg(arguments, int), width, left, pad);
        } else {
            format++;
            put_number(va_arg(arguments, unsigned long), width, left, pad);
        }
    }
    va_end(arguments);
    text[length] = '\0';
    return 0;
}

const char *printed(void)
{
    length = 0;
    return text;
}

bool begins(const char *whole, const char *head)
{
    return strncmp(whole, head, strlen(head)) == 0;
}

void expect(bool good, const char *what, const char *file, int line)
{
    if (good) {
        return;
    }
    failed++;
    rt_kprintf("%s:%d: FAILED %s\n", file, line, what);
    report(printed());
}

unsigned random_below(unsigned limit)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % limit;
}

void fill(void *block, unsigned value, size_t size)
{
    memset(block, (int)(value & 0xFFU), size);
}

bool filled(const void *block, unsigned value, size_t size)
{
    const uint8_t *bytes = block;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != (uint8_t)value) {
            return false;
        }
    }
    return true;
}
