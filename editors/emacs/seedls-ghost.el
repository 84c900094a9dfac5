;;; seedls-ghost.el --- Ghost text  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Suggestions are shown at the cursor as text that is not there yet.  While what is typed agrees with them they stay as
;; they are, without the server.

;;; Code:

(require 'seedls-client)

(defcustom seedls-ghost-delay 0.05
  "The seconds without typing after which a suggestion is asked for."
  :type 'number
  :group 'seedls)

(defface seedls-ghost '((t :inherit shadow))
  "What is suggested."
  :group 'seedls)

(defvar-keymap seedls-ghost-map
  :doc "Keys while a suggestion is shown."
  "TAB" #'seedls-accept
  "<tab>" #'seedls-accept
  "M-f" #'seedls-accept-word
  "M-e" #'seedls-accept-line
  "M-n" #'seedls-next-candidate
  "M-p" #'seedls-previous-candidate
  "C-g" #'seedls-dismiss)

(cl-defstruct seedls--ghost
  "A suggestion.
It is a list of CANDIDATES, each a text and a command; INDEX is the
one that is chosen.  The texts begin at ANCHOR, before what was typed
already, and end before AFTER, the rest of the line."
  candidates (index 0) anchor after)

(defvar-local seedls--ghost nil "The suggestion in this buffer, which need not be shown.")
(defvar-local seedls--overlay nil "What shows it.")
(defvar-local seedls--shown nil "What of it is shown, nil if nothing is.")
(defvar-local seedls--tick nil "The buffer's after the last command.")
(defvar-local seedls--asked 0 "How often a suggestion was asked for.")
(defvar seedls--timer nil "The one that asks.")

(defvar seedls--keymaps `((seedls--shown . ,seedls-ghost-map))
  "For `emulation-mode-map-alists'.")

;;;###autoload
(define-minor-mode seedls-ghost-mode
  "Show what seedls suggests while you type.

\\{seedls-ghost-map}"
  :lighter (:eval (seedls--lighter))
  :group 'seedls
  (cond
   (seedls-ghost-mode
    (add-to-list 'emulation-mode-map-alists 'seedls--keymaps)
    (setq seedls--tick (buffer-chars-modified-tick))
    (add-hook 'post-command-hook #'seedls--after-command nil t)
    (add-hook 'window-selection-change-functions #'seedls--redraw nil t)
    (add-hook 'change-major-mode-hook #'seedls--forget nil t)
    (seedls--attach))
   (t
    (remove-hook 'post-command-hook #'seedls--after-command t)
    (remove-hook 'window-selection-change-functions #'seedls--redraw t)
    (remove-hook 'change-major-mode-hook #'seedls--forget t)
    (seedls--forget)
    (seedls--detach))))

;;;###autoload
(define-globalized-minor-mode seedls-global-ghost-mode seedls-ghost-mode seedls--turn-on
  :predicate '(prog-mode)
  :group 'seedls)

(defun seedls--turn-on ()
  "Show ghost text in a buffer that is edited."
  (unless (or buffer-read-only (minibufferp) (string-prefix-p " " (buffer-name)))
    (seedls-ghost-mode)))

(defun seedls--lighter ()
  "Return what stands in the mode line.
Behind the name it has \"…\" for busy, \"!\" for a problem, \"-\" for
nothing by itself and \"?\" for not there yet."
  (let ((status (and (seedls--ready-p) (oref seedls--server status))))
    (concat " seedls"
            (cond (seedls--failure "!")
                  ((not (seedls--ready-p)) "?")
                  ((eq (plist-get status :busy) t) "…")
                  ((member (plist-get status :kind) '("Error" "Warning")) "!")
                  ((equal (plist-get status :kind) "Inactive") "-")
                  (t "")))))

;;;; Showing

(defun seedls--rest (ghost index)
  "Return what the candidate INDEX of GHOST has from point on.
It is nil if the text is not, or not any more, one that goes on so."
  (let* ((text (car (nth index (seedls--ghost-candidates ghost))))
         (anchor (seedls--ghost-anchor ghost))
         (typed (- (point) anchor)))
    (and (< -1 typed (length text))
         (string-prefix-p (seedls--text anchor (point)) text)
         (equal (seedls--text (point) (pos-eol)) (seedls--ghost-after ghost))
         (substring text typed))))

(defun seedls--allowed-p ()
  "Return whether ghost text would be in nobody's way."
  (not (or buffer-read-only
           (use-region-p)
           completion-in-region-mode
           (not (eq (window-buffer) (current-buffer)))
           (bound-and-true-p company-candidates)
           (bound-and-true-p completion-preview-active-mode)
           (and (bound-and-true-p evil-local-mode)
                (not (memq (bound-and-true-p evil-state) '(insert emacs)))))))

(defun seedls--redraw (&rest _)
  "Show what of the suggestion is after point, or nothing."
  (setq seedls--shown (and seedls--ghost (seedls--allowed-p)
                           (seedls--rest seedls--ghost (seedls--ghost-index seedls--ghost))))
  (cond
   (seedls--shown
    (let ((shown (propertize seedls--shown 'face 'seedls-ghost)))
      (put-text-property 0 1 'cursor t shown)
      (if seedls--overlay
          (move-overlay seedls--overlay (point) (point) (current-buffer))
        (setq seedls--overlay (make-overlay (point) (point))))
      (overlay-put seedls--overlay 'window (selected-window))
      (overlay-put seedls--overlay 'after-string shown)))
   (seedls--overlay
    (delete-overlay seedls--overlay))))

(defun seedls--forget ()
  "Have no suggestion."
  (cl-incf seedls--asked)
  (setq seedls--ghost nil)
  (seedls--redraw))

(defun seedls--after-command ()
  "Show what still fits; if the text changed and nothing does, ask anew."
  (let ((changed (not (eql seedls--tick (buffer-chars-modified-tick)))))
    (setq seedls--tick (buffer-chars-modified-tick))
    (seedls--redraw)
    (when (and changed (not seedls--shown) (seedls--allowed-p))
      (when seedls--timer (cancel-timer seedls--timer))
      (setq seedls--timer (run-with-timer seedls-ghost-delay nil #'seedls--ask-by-itself (current-buffer))))))

;;;; Asking

(defun seedls--ask-by-itself (buffer)
  "Ask for a suggestion in BUFFER, if that is where the user still is."
  (when (and (buffer-live-p buffer) (eq buffer (window-buffer)))
    (with-current-buffer buffer
      (when seedls-ghost-mode
        (seedls--ask 2 #'ignore)))))

(defun seedls--ask (kind then)
  "Ask for suggestions at point; call THEN once they are there.
KIND is 1 if the user asked for them and 2 if not, as in the protocol."
  (seedls--connect)
  (when (seedls--sync)
    (let ((buffer (current-buffer))
          (line (copy-marker (pos-bol)))
          (after (seedls--text (point) (pos-eol)))
          (asked (cl-incf seedls--asked)))
      (jsonrpc-async-request
       seedls--server :textDocument/inlineCompletion
       (append (seedls--here) `(:context (:triggerKind ,kind)))
       :timeout 120
       :success-fn (lambda (answer)
                     (when (buffer-live-p buffer)
                       (with-current-buffer buffer
                         (when (eql asked seedls--asked) ; the last question
                           (setq seedls--ghost (seedls--take answer line after))
                           (funcall then)
                           (seedls--redraw)))))
       :error-fn #'ignore ; a newer question cancels the older
       :timeout-fn #'ignore))))

(defun seedls--take (answer line after)
  "Return the suggestion that ANSWER has for the line that begins at LINE.
AFTER is the rest of the line."
  (let* ((items (append (if (vectorp answer) answer (plist-get answer :items)) nil))
         (start (plist-get (plist-get (plist-get (car items) :range) :start) :character)))
    (when items
      (make-seedls--ghost
       :anchor (save-excursion (goto-char line) (seedls--forward start) (point-marker))
       :after after
       :candidates (mapcar (lambda (item) (cons (plist-get item :insertText) (plist-get item :command))) items)))))

;;;; Commands

(defun seedls--accept (part)
  "Insert what the regexp PART matches of what is shown."
  (unless seedls--shown (user-error "Seedls shows nothing"))
  (let* ((shown seedls--shown)
         (end (progn (string-match part shown) (match-end 0)))
         (command (cdr (nth (seedls--ghost-index seedls--ghost) (seedls--ghost-candidates seedls--ghost)))))
    (insert (substring shown 0 end))
    (when (= end (length shown))
      (seedls--forget)
      (seedls--execute command))))

(defun seedls-accept ()
  "Insert what is suggested."
  (interactive)
  (seedls--accept "\\'"))

(defun seedls-accept-word ()
  "Insert the next word of what is suggested."
  (interactive)
  (seedls--accept "\\`[ \t\n]*\\(?:[[:alnum:]_]+\\|[^[:alnum:]_ \t\n]*\\)"))

(defun seedls-accept-line ()
  "Insert the next line of what is suggested."
  (interactive)
  (seedls--accept "\\`\n?.*"))

(defun seedls-dismiss ()
  "Take what is suggested off the screen."
  (interactive)
  (seedls--forget))

(defun seedls--choose (count)
  "Choose the candidate COUNT further, of those that still fit."
  (let* ((ghost seedls--ghost)
         (number (length (seedls--ghost-candidates ghost)))
         (index (seedls--ghost-index ghost)))
    (cl-loop repeat number
             do (setq index (mod (+ index (if (< count 0) -1 1)) number))
             until (seedls--rest ghost index))
    (setf (seedls--ghost-index ghost) index)
    (let (message-log-max)
      (message "seedls: %d of %d" (1+ index) number))))

(defun seedls-next-candidate (&optional count)
  "Show the candidate COUNT further than the one that is shown.
The server is asked for several first, which it is not while you type.
With nothing shown, this asks for a suggestion."
  (interactive "p")
  (let ((count (or count 1))
        (shown seedls--shown))
    (cond
     ((and shown (cdr (seedls--ghost-candidates seedls--ghost)))
      (seedls--choose count))
     (t
      (unless seedls-ghost-mode (seedls-ghost-mode))
      (seedls--wait-ready)
      (seedls--ask 1 (lambda ()
                       (cond ((not seedls--ghost) (message "seedls: nothing to suggest here"))
                             ((and shown (cdr (seedls--ghost-candidates seedls--ghost))) (seedls--choose count)))))))))

(defun seedls-previous-candidate (&optional count)
  "Show the candidate COUNT before the one that is shown."
  (interactive "p")
  (seedls-next-candidate (- (or count 1))))

;;;###autoload
(defun seedls-suggest ()
  "Ask for suggestions at point."
  (interactive)
  (seedls-next-candidate))

(provide 'seedls-ghost)

;;; seedls-ghost.el ends here
