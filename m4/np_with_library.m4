dnl SPDX-License-Identifier: MIT
dnl NP_WITH_LIBRARY(NAME, PREFIX, MODULE, PACKAGE, HELP)
dnl Adds --with-NAME=yes|no|auto (auto), looks MODULE up with pkg-config into PREFIX_CFLAGS and
dnl PREFIX_LIBS, and sets have_NAME. Asked for and not found is an error that names PACKAGE.
AC_DEFUN([NP_WITH_LIBRARY], [
AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=yes|no|auto], [$5 @<:@auto@:>@])],
            [], [with_$1=auto])
have_$1=no
AS_IF([test "x$with_$1" != xno],
      [PKG_CHECK_MODULES([$2], [$3], [have_$1=yes], [have_$1=no])])
AS_IF([test "x$with_$1" = xyes && test "x$have_$1" = xno],
      [AC_MSG_ERROR([$1 was asked for and not found: install $4])])
])
