;;; seedls.el --- Ghost text from a diffusion model on this machine  -*- lexical-binding: t; -*-

;; Author: The seedls authors
;; Version: 0.1.0
;; Package-Requires: ((emacs "29.1"))
;; Keywords: convenience, languages, tools
;; URL: https://github.com/seedls/seedls
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; A client of seedls, a language server whose completions come from a diffusion language model that runs inside it.
;;
;;   (require 'seedls)
;;   (seedls-global-ghost-mode)
;;
;; shows suggestions as you type, beside whatever language server Eglot runs.  TAB accepts one, M-f a word of it, M-e a
;; line; M-n and M-p show others; C-g takes it away.  These keys are bound while one is shown and no other keys are:
;; `seedls-suggest', `seedls-next-edit', `seedls-fill', `seedls-finish-body', `seedls-repair', `seedls-declare' and
;; `seedls-rewrite' are for those of your choice.
;;
;; `seedls-eglot-setup' has Eglot run seedls, in buffers for which you have no other server.

;;; Code:

(require 'seedls-client)
(require 'seedls-ghost)
(require 'seedls-action)

(defvar eglot-server-programs)

;;;###autoload
(defun seedls-eglot-setup (&optional modes)
  "Have Eglot run seedls in MODES, for lists of completions and code actions.
Without MODES that is in all of `prog-mode' for which it knows no
other server."
  (require 'eglot)
  (if modes
      (push (cons modes #'seedls-server-command) eglot-server-programs)
    (add-to-list 'eglot-server-programs (cons 'prog-mode #'seedls-server-command) t)))

(defun seedls-restart ()
  "Start the server anew, after a change of settings or when it was left alone."
  (interactive)
  (seedls--stop)
  (seedls--connect))

(defun seedls-log ()
  "Show what the server said of its work."
  (interactive)
  (pop-to-buffer (get-buffer-create "*seedls log*"))
  (goto-char (point-max)))

;;;###autoload
(defun seedls-status ()
  "Show what the server is, and how it does."
  (interactive)
  (let* ((server (seedls--ready-p))
         (info (and server (plist-get (oref server initialized) :serverInfo)))
         (documents (cl-count-if (lambda (buffer) (buffer-local-value 'seedls--document buffer)) (buffer-list)))
         (said (and server (condition-case nil (jsonrpc-request server :seedls/status nil :timeout 5)
                             (jsonrpc-error nil))))) ; an older one, or it is busy
    (with-help-window "*seedls status*"
      (seedls--print
       `( :command ,(if server (string-join (process-command (jsonrpc--process server)) " ") "none runs")
          ,@(and seedls--failure (list :failure seedls--failure))
          ,@(and server (list :version (plist-get info :version)
                              :process (process-id (jsonrpc--process server))
                              :documents documents))
          ,@said)
       0))))

(defun seedls--print (plist indent)
  "Print PLIST, a property a line, INDENT columns in."
  (cl-loop for (key value) on plist by #'cddr
           do (princ (format "%s%-16s" (make-string indent ?\s) (substring (symbol-name key) 1)))
           (cond
            ((and (consp value) (keywordp (car value))) (terpri) (seedls--print value (+ indent 2)))
            (t (princ (format "%s\n" (pcase value (:json-false "no") ('t "yes") ('nil "none") (_ value))))))))

(provide 'seedls)

;;; seedls.el ends here
